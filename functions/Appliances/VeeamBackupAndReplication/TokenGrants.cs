using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>Grants of <c>POST /api/oauth2/token</c>; finds the revision where the settings say auto.</summary>
/// <param name="product">The kind.</param>
/// <param name="options">The server's settings.</param>
/// <param name="connection">Sends the requests.</param>
/// <param name="time">The clock.</param>
internal sealed partial class TokenGrants(
    ApplianceProduct product, ApplianceOptions options, ApplianceConnection connection, TimeProvider time) : ITokenGrants
{
    private readonly RevisionInUse inUse = new(product, options);

    /// <inheritdoc/>
    public string Revision => inUse.Current;

    /// <inheritdoc/>
    public bool ForgetRevision() => inUse.Forget();

    /// <summary>The refresh token serves once: whether it was taken or not, a full sign-in is what is left after a failure.</summary>
    public Task<AccessToken> RefreshAsync(AccessToken held, CancellationToken cancellationToken) =>
        AskAsync(ApplianceCall.Refresh, Revision, [new("grant_type", "refresh_token"), new("refresh_token", held.Refresh)],
            cancellationToken);

    /// <inheritdoc/>
    public async Task<AccessToken> SignInAsync(string password, CancellationToken cancellationToken)
    {
        KeyValuePair<string, string>[] form = [new("grant_type", "password"), new("username", options.Username), new("password", password)];
        IReadOnlyList<string> candidates = inUse.Known is { } known ? [known] : await CandidatesAsync(cancellationToken);
        if (candidates is [var only] && product.RevisionsWithoutRescan.Contains(only))
        {
            throw new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{options.Name}': x-api-version {only} has no repository rescan. Set ApiVersion to auto or to one of "
                    + $"{string.Join(", ", product.RevisionsWithRescan)}.")
            {
                MayHaveActed = false,
            };
        }

        string said = "";
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
                said = e.Message;
            }
        }

        throw await ExplainAsync(candidates, said, cancellationToken);
    }

    /// <summary>The revisions that the server lists for its own documentation page, newest first; empty when it does not.</summary>
    public async Task<IReadOnlyList<string>> GetOfferedAsync(CancellationToken cancellationToken)
    {
        try
        {
            string page = await connection.SendAsync(
                ApplianceCall.Version, HttpMethod.Get, "../../swagger/index.js", Revision, null, null,
                async (_, body, cancellation) =>
                {
                    using StreamReader reader = new(body);
                    return await reader.ReadToEndAsync(cancellation);
                },
                cancellationToken);
            return [.. AnyRevision().Matches(page).Select(m => m.Value).Distinct().OrderDescending(StringComparer.Ordinal)];
        }
        catch (ApplianceException)
        {
            // It only serves to choose and to tell; a server that lists nothing is asked revision by revision.
            return [];
        }
    }

    private async Task<IReadOnlyList<string>> CandidatesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> offered = await GetOfferedAsync(cancellationToken);
        return [.. product.RevisionsWithRescan.OrderByDescending(offered.Contains)];
    }

    /// <summary>Says what the server does accept, by its own list or by the message of its refusal.</summary>
    private async Task<ApplianceException> ExplainAsync(IReadOnlyList<string> tried, string said, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> offered = await GetOfferedAsync(cancellationToken);
        if (offered.Count == 0)
        {
            offered = [.. AnyRevision().Matches(said).Select(m => m.Value).Distinct().Except(tried)];
        }

        string? serves = product.RevisionsWithRescan.FirstOrDefault(r => offered.Contains(r) && !tried.Contains(r));
        string advice = serves is not null
            ? $"It accepts {serves}, which has it: set ApiVersion to {serves} or to auto."
            : $"{(offered.Count == 0 ? "" : $"It accepts {string.Join(", ", offered)}. ")}Repository rescan came with 12.3.1 (1.2-rev1): "
                + "upgrade the server.";
        return new ApplianceException(
            ApplianceFailure.Rejected,
            $"Appliance '{options.Name}' does not accept the x-api-version "
                + $"{(tried.Count == 1 ? tried[0] : "of any revision with repository rescan")}; tried {string.Join(", ", tried)}. {advice}")
        {
            Status = 400,
        };
    }

    private async Task<AccessToken> AskAsync(
        ApplianceCall call, string revision, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        using FormUrlEncodedContent content = new(form);
        JsonElement answer = await connection.SendAsync(
            call, HttpMethod.Post, "../oauth2/token", revision, null, content, cancellationToken);
        return AccessToken.Read(answer, time.GetUtcNow())
            ?? throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{options.Name}', {call.What}: the answer holds no token; a proxy may stand in between.");
    }

    [GeneratedRegex("[0-9]{1,3}[.][0-9]{1,3}-rev[0-9]{1,3}", RegexOptions.CultureInvariant)]
    private static partial Regex AnyRevision();
}
