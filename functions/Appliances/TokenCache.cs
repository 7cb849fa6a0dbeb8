using System.Runtime.ExceptionServices;
using System.Text.Json;
using Rescan.Functions.Appliances.VeeamBackupForAws;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>Holds the one token of an appliance and renews it; finds the revision where the settings say auto. Nothing of it leaves memory.</summary>
/// <param name="options">The appliance's settings.</param>
/// <param name="connection">Sends the requests.</param>
/// <param name="password">Reads the password whenever a full sign-in is due.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenCache(ApplianceOptions options, ApplianceConnection connection, Func<CancellationToken, Task<string>> password, TimeProvider time) : IDisposable
{
    /// <summary>What product 2.0 gives, for an appliance that does not say.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(900);

    private static readonly TimeSpan LongestEarly = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim gate = new(1);
    private readonly bool auto = options.ApiVersion == ApplianceRevisions.Auto;
    private string? accepted = options.ApiVersion == ApplianceRevisions.Auto ? null : options.ApiVersion;
    private Token? token;
    private int failures;
    private ApplianceException? failure;

    /// <summary>The x-api-version in use.</summary>
    public string Revision => accepted ?? ApplianceRevisions.WithRescan[0];

    /// <summary>A live token other than one that was just refused; one request however many ask at once, and one refusal for all of them.</summary>
    public async Task<Token> GetAsync(Token? refused, CancellationToken cancellationToken)
    {
        if (Live(refused) is { } live)
        {
            return live;
        }

        int before = Volatile.Read(ref failures);
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Live(refused) is { } fresh)
            {
                return fresh;
            }

            if (failures != before)
            {
                // Another's try failed while this one waited; a second one would only bring the account nearer to being locked.
                ExceptionDispatchInfo.Throw(failure!);
            }

            return token = await RenewAsync(refused, cancellationToken).ConfigureAwait(false);
        }
        catch (ApplianceException e) when (e != failure)
        {
            failure = e;
            Interlocked.Increment(ref failures);
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Lets go of the token.</summary>
    public Token? Drop() => Interlocked.Exchange(ref token, null);

    /// <summary>The appliance no longer accepts the revision, as after an upgrade.</summary>
    /// <returns>Whether another may be looked for.</returns>
    public bool ForgetRevision()
    {
        if (auto)
        {
            accepted = null;
            token = null;
        }

        return auto;
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private Token? Live(Token? refused) => token is { } held && held != refused && held.RenewAt > time.GetUtcNow() ? held : null;

    private async Task<Token> RenewAsync(Token? refused, CancellationToken cancellationToken)
    {
        if (token is { Refresh.Length: > 0 } held && held != refused && accepted is { } revision)
        {
            try
            {
                return await AskAsync(ApplianceCall.Refresh, revision, [new("grant_type", "refresh_token"), new("refresh_token", held.Refresh)], cancellationToken).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (e.Failure != ApplianceFailure.Transient)
            {
                // The refresh token may be gone as well; the password still serves.
            }
        }

        string secret = await password(cancellationToken).ConfigureAwait(false);
        KeyValuePair<string, string>[] form = [new("grant_type", "password"), new("username", options.Username), new("password", secret)];
        IReadOnlyList<string> candidates = accepted is null ? ApplianceRevisions.WithRescan : [accepted];
        foreach (string candidate in candidates)
        {
            try
            {
                Token fresh = await AskAsync(ApplianceCall.SignIn, candidate, form, cancellationToken).ConfigureAwait(false);
                accepted = candidate;
                return fresh;
            }
            catch (ApplianceException e) when (e.IsVersionProblem)
            {
                // An older revision may be accepted.
            }
        }

        throw await ExplainAsync(candidates, form, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks for a revision that the appliance does accept, only to say what it is and what can be done.</summary>
    private async Task<ApplianceException> ExplainAsync(IReadOnlyList<string> tried, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        string? product = null;
        string? taken = null;
        foreach (string candidate in ApplianceRevisions.WithRescan.Concat(ApplianceRevisions.WithoutRescan).Except(tried))
        {
            try
            {
                Token probe = await AskAsync(ApplianceCall.SignIn, candidate, form, cancellationToken).ConfigureAwait(false);
                taken = candidate;
                product = await ReadProductAsync(candidate, probe, cancellationToken).ConfigureAwait(false);
                await connection.SendAsync(ApplianceCall.SignOut, HttpMethod.Delete, "token", candidate, probe.Access, null, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (ApplianceException e) when (e.IsVersionProblem)
            {
                // The next one may be accepted.
            }
            catch (ApplianceException)
            {
                // Without the product version the message is poorer, but as true.
                break;
            }
        }

        string which = product is null ? "" : $" (product {product})";
        string advice = taken is not null && ApplianceRevisions.WithRescan.Contains(taken)
            ? $"It accepts {taken}, which has it: set ApiVersion to {taken} or to auto."
            : $"{(taken is null ? "" : $"It accepts {taken}, which has none. ")}Repository rescan was dropped with 1.4-rev0; product 7.0 is the last that still accepts a revision with it.";
        return new ApplianceException(
            ApplianceFailure.Rejected,
            $"Appliance '{options.Name}'{which} does not accept the x-api-version {(tried.Count == 1 ? tried[0] : "of any revision with repository rescan")}; tried {string.Join(", ", tried)}. {advice}")
        {
            Status = 400,
        };
    }

    /// <summary>The product's version, which only a Portal Administrator may read.</summary>
    private async Task<string?> ReadProductAsync(string revision, Token held, CancellationToken cancellationToken)
    {
        try
        {
            return (await connection.SendAsync(ApplianceCall.Version, HttpMethod.Get, "system/version", revision, held.Access, null, cancellationToken).ConfigureAwait(false)).Text("version");
        }
        catch (ApplianceException e) when (e.Status == 403)
        {
            return null;
        }
    }

    private async Task<Token> AskAsync(ApplianceCall call, string revision, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        using FormUrlEncodedContent content = new(form);
        JsonElement answer = await connection.SendAsync(call, HttpMethod.Post, "token", revision, null, content, cancellationToken).ConfigureAwait(false);
        if (answer.Text("access_token") is { Length: > 0 } access)
        {
            TimeSpan lifetime = answer.Number("expires_in") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : DefaultLifetime;
            DateTimeOffset now = time.GetUtcNow();
            return new Token(access, answer.Text("refresh_token") ?? "", answer.Text("roleName"), now + lifetime, now + lifetime - Early(lifetime));
        }

        throw answer.Text("mfa_token") is { Length: > 0 } || answer.Text("mfa_enabled") is "true"
            ? new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{options.Name}' asks account '{options.Username}' for a second factor (MFA), which an unattended job cannot give. Make an account without MFA, with the role Portal Operator, and use that.")
            : new ApplianceException(ApplianceFailure.Transient, $"Appliance '{options.Name}', {call.What}: the answer holds no token; a proxy may stand in between.");
    }

    /// <summary>How long before its end a token is renewed: late, so that a lifetime sees one request, yet in time for a call under way.</summary>
    private static TimeSpan Early(TimeSpan lifetime) => lifetime * 0.2 < LongestEarly ? lifetime * 0.2 : LongestEarly;

    /// <summary>A token pair. Its text shows nothing.</summary>
    internal sealed record Token(string Access, string Refresh, string? Role, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt)
    {
        public override string ToString() => "Token";
    }
}
