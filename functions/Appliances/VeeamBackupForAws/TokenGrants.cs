using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Grants of <c>POST /token</c>; finds the revision where the settings say auto.</summary>
/// <param name="product">The kind.</param>
/// <param name="options">The appliance's settings.</param>
/// <param name="connection">Sends the requests.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenGrants(ApplianceProduct product, ApplianceOptions options, ApplianceConnection connection, TimeProvider time)
    : ITokenGrants
{
    private readonly RevisionInUse inUse = new(product, options);

    /// <inheritdoc/>
    public string Revision => inUse.Current;

    /// <inheritdoc/>
    public bool ForgetRevision() => inUse.Forget();

    /// <inheritdoc/>
    public Task<AccessToken> RefreshAsync(AccessToken held, CancellationToken cancellationToken) =>
        AskAsync(ApplianceCall.Refresh, Revision, [new("grant_type", "refresh_token"), new("refresh_token", held.Refresh)],
            cancellationToken);

    /// <inheritdoc/>
    public async Task<AccessToken> SignInAsync(string password, CancellationToken cancellationToken)
    {
        KeyValuePair<string, string>[] form = [new("grant_type", "password"), new("username", options.Username), new("password", password)];
        IReadOnlyList<string> candidates = inUse.Known is { } known ? [known] : product.RevisionsWithRescan;
        foreach (string candidate in candidates)
        {
            try
            {
                AccessToken fresh = await AskAsync(ApplianceCall.SignIn, candidate, form, cancellationToken);
                inUse.Keep(candidate);
                return fresh;
            }
            catch (ApplianceException e) when (e.IsVersionProblem)
            {
                // An older revision may be accepted.
            }
        }

        throw await ExplainAsync(candidates, form, cancellationToken);
    }

    /// <summary>Looks for a revision that the appliance does accept, only to say what it is and what can be done.</summary>
    private async Task<ApplianceException> ExplainAsync(
        IReadOnlyList<string> tried, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        string? version = null;
        string? taken = null;
        foreach (string candidate in product.RevisionsWithRescan.Concat(product.RevisionsWithoutRescan).Except(tried))
        {
            try
            {
                AccessToken probe = await AskAsync(ApplianceCall.SignIn, candidate, form, cancellationToken);
                taken = candidate;
                version = await ReadProductAsync(candidate, probe, cancellationToken);
                await connection.SendAsync(
                    ApplianceCall.SignOut, HttpMethod.Delete, "token", candidate, probe.Access, null, cancellationToken);
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

        string which = version is null ? "" : $" (product {version})";
        string advice = taken is not null && product.RevisionsWithRescan.Contains(taken)
            ? $"It accepts {taken}, which has it: set ApiVersion to {taken} or to auto."
            : $"{(taken is null ? "" : $"It accepts {taken}, which has none. ")}Repository rescan was dropped with 1.4-rev0; product 7.0 "
                + "is the last that still accepts a revision with it.";
        return new ApplianceException(
            ApplianceFailure.Rejected,
            $"Appliance '{options.Name}'{which} does not accept the x-api-version {(tried.Count == 1 ? tried[0] : "of any revision with repository rescan")}; tried {string.Join(", ", tried)}. {advice}")
        {
            Status = 400,
        };
    }

    /// <summary>The product's version, which only a Portal Administrator may read.</summary>
    private async Task<string?> ReadProductAsync(string revision, AccessToken held, CancellationToken cancellationToken)
    {
        try
        {
            return (await connection.SendAsync(
                ApplianceCall.Version, HttpMethod.Get, "system/version", revision, held.Access, null, cancellationToken)).Text("version");
        }
        catch (ApplianceException e) when (e.Status == 403)
        {
            return null;
        }
    }

    private async Task<AccessToken> AskAsync(
        ApplianceCall call, string revision, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        using FormUrlEncodedContent content = new(form);
        JsonElement answer = await connection.SendAsync(call, HttpMethod.Post, "token", revision, null, content, cancellationToken);
        if (AccessToken.Read(answer, time.GetUtcNow()) is { } token)
        {
            return token;
        }

        throw answer.Text("mfa_token") is { Length: > 0 } || answer.Text("mfa_enabled") is "true"
            ? new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{options.Name}' asks account '{options.Username}' for a second factor (MFA), which an unattended job cannot "
                    + "give. Make an account without MFA, with the role Portal Operator, and use that.")
            : new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{options.Name}', {call.What}: the answer holds no token; a proxy may stand in between.");
    }
}
