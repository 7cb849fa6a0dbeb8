using System.Runtime.ExceptionServices;
using System.Text.Json;

namespace Rescan.Functions.Appliances;

/// <summary>How a kind of appliance grants tokens, and under which revision.</summary>
internal interface ITokenGrants
{
    /// <summary>The x-api-version in use.</summary>
    string Revision { get; }

    /// <summary>A full sign-in.</summary>
    Task<AccessToken> SignInAsync(string password, CancellationToken cancellationToken);

    /// <summary>A new pair for a refresh token.</summary>
    Task<AccessToken> RefreshAsync(AccessToken held, CancellationToken cancellationToken);

    /// <summary>The appliance no longer accepts the revision, as after an upgrade.</summary>
    /// <returns>Whether another may be looked for.</returns>
    bool ForgetRevision();
}

/// <summary>Holds the one token of an appliance and renews it. Nothing of it leaves memory.</summary>
/// <param name="grants">Asks for tokens.</param>
/// <param name="password">Reads the password whenever a full sign-in is due.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenCache(ITokenGrants grants, Func<CancellationToken, Task<string>> password, TimeProvider time)
{
    private readonly SemaphoreSlim gate = new(1);
    private AccessToken? token;
    private int failures;
    private ApplianceException? failure;
    private string? refusedPassword;
    private ApplianceException? refusal;

    /// <summary>
    /// A live token other than one that was just refused; one request however many ask at once, and one refusal for all of them.
    /// </summary>
    public async Task<AccessToken> GetAsync(AccessToken? refused, CancellationToken cancellationToken)
    {
        if (Live(refused) is { } live)
        {
            return live;
        }

        int before = Volatile.Read(ref failures);
        await gate.WaitAsync(cancellationToken);
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

            return token = await RenewAsync(refused, cancellationToken);
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
    public AccessToken? Drop() => Interlocked.Exchange(ref token, null);

    private AccessToken? Live(AccessToken? refused) =>
        token is { } held && held != refused && held.RenewAt > time.GetUtcNow() ? held : null;

    private async Task<AccessToken> RenewAsync(AccessToken? refused, CancellationToken cancellationToken)
    {
        if (token is { Refresh.Length: > 0 } held && held != refused)
        {
            try
            {
                return await grants.RefreshAsync(held, cancellationToken);
            }
            catch (ApplianceException e) when (e.Failure != ApplianceFailure.Transient)
            {
                // The refresh token may be gone as well; the password still serves.
            }
        }

        string secret = await password(cancellationToken);
        if (secret == refusedPassword)
        {
            // Accounts are locked after a few bad passwords, so one that was refused is not shown again.
            throw new ApplianceException(
                refusal!.Failure, refusal.Message, refusal)
            { Status = refusal.Status, ErrorCode = refusal.ErrorCode };
        }

        try
        {
            AccessToken fresh = await grants.SignInAsync(secret, cancellationToken);
            refusedPassword = null;
            return fresh;
        }
        catch (ApplianceException e) when (e.IsPasswordRefused)
        {
            (refusedPassword, refusal) = (secret, e);
            throw;
        }
    }
}

/// <summary>A token pair. Its text shows nothing.</summary>
internal sealed record AccessToken(string Access, string Refresh, string? Role, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt)
{
    /// <summary>For an appliance that does not say.</summary>
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(900);

    private static readonly TimeSpan LongestEarly = TimeSpan.FromMinutes(1);

    /// <summary>Reads the answer to a grant; null when it holds no token.</summary>
    public static AccessToken? Read(JsonElement answer, DateTimeOffset now)
    {
        if (answer.Text("access_token") is not { Length: > 0 } access)
        {
            return null;
        }

        TimeSpan lifetime = answer.Number("expires_in") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : DefaultLifetime;
        return new AccessToken(
            access, answer.Text("refresh_token") ?? "", answer.Text("roleName"), now + lifetime, now + lifetime - Early(lifetime));
    }

    public override string ToString() => "Token";

    /// <summary>
    /// How long before its end a token is renewed: late, so that a lifetime sees one request, yet in time for a call under way.
    /// </summary>
    private static TimeSpan Early(TimeSpan lifetime) => lifetime * 0.2 < LongestEarly ? lifetime * 0.2 : LongestEarly;
}
