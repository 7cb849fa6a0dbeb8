using System.Globalization;
using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>The REST API of one appliance of Veeam Backup for AWS; its token is shared by all who use it.</summary>
internal sealed class VeeamBackupForAwsClient : IApplianceClient
{
    private const int PageSize = 200;
    private const int MaxId = 100;

    /// <summary>The appliance lists about 5,000 sessions at the most.</summary>
    private const int MostSessions = 5000;

    /// <summary>Far more than any appliance has; a list without end is not believed.</summary>
    private const int MostRepositories = 50_000;

    /// <summary>How far a time of the appliance may be ahead of its clock.</summary>
    private static readonly TimeSpan TimeTolerance = TimeSpan.FromDays(1);

    private readonly ApplianceProduct product;
    private readonly ApplianceOptions options;
    private readonly Func<CertificateSeen?> certificate;
    private readonly TimeProvider time;
    private readonly ApplianceConnection connection;
    private readonly TokenGrants grants;
    private readonly TokenCache tokens;
    private readonly AuthorizedConnection api;

    public VeeamBackupForAwsClient(
        ApplianceProduct product, ApplianceOptions options, HttpClient http, Func<CertificateSeen?> certificate,
        Func<CancellationToken, Task<string>> password, TimeProvider time)
    {
        this.product = product;
        this.options = options;
        this.certificate = certificate;
        this.time = time;
        connection = new ApplianceConnection(product, options.Name, http, time);
        grants = new TokenGrants(product, options, connection, time);
        tokens = new TokenCache(grants, password, time);
        api = new AuthorizedConnection(options.Name, connection, tokens, grants);
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <summary>To the second, by the date of the last answer.</summary>
    public TimeSpan? ClockOffset => connection.ClockOffset;

    /// <inheritdoc/>
    public async Task<SignInResult> SignInAsync(CancellationToken cancellationToken)
    {
        string? version = null;
        try
        {
            version = (await api.GetAsync(ApplianceCall.Version, "system/version", cancellationToken)).Text("version");
        }
        catch (ApplianceException e) when (e.Failure is ApplianceFailure.NotFound || e.Status is 403)
        {
            // The version only serves messages; an appliance that does not tell it can still rescan.
        }

        AccessToken held = await tokens.GetAsync(null, cancellationToken);
        return product.RevisionsWithoutRescan.Contains(grants.Revision)
            ? throw new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{Name}' (product {version ?? "unknown"}): x-api-version {grants.Revision} has no repository rescan. Set "
                    + $"ApiVersion to auto or to one of {string.Join(", ", product.RevisionsWithRescan)}.")
            : new SignInResult(held.ExpiresAt, version, grants.Revision, held.Role);
    }

    /// <inheritdoc/>
    public async Task<ApplianceProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        SignInResult signedIn = await SignInAsync(cancellationToken);
        bool mayLack = signedIn.Role is { } role && !product.MayRescan(role);
        return new ApplianceProbe(
            product.Title, signedIn, [], certificate(),
            mayLack ? [$"role '{signedIn.Role}' may lack the right to rescan; "
                + $"{string.Join(" and ", product.RolesThatRescan)} have it"] : []);
    }

    /// <inheritdoc/>
    public async Task SignOutAsync(CancellationToken cancellationToken)
    {
        if (tokens.Drop() is not { } held)
        {
            return;
        }

        try
        {
            await connection.SendAsync(
                ApplianceCall.SignOut, HttpMethod.Delete, "token", grants.Revision, held.Access, null, cancellationToken);
        }
        catch (ApplianceException)
        {
            // The token runs out by itself.
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Repository>> GetRepositoriesAsync(CancellationToken cancellationToken)
    {
        List<Repository> all = [];
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Repositories, "repositories?", MostRepositories, cancellationToken))
        {
            all.Add(item.ToRepository());
        }

        return all;
    }

    /// <inheritdoc/>
    public async Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken)
    {
        JsonElement answer = await api.PostAsync(
            ApplianceCall.Rescan, $"repositories/{Uri.EscapeDataString(repositoryId)}/rescan", null, cancellationToken);
        return answer.Text("sessionId") is { Length: > 0 and <= MaxId } id ? id : null;
    }

    /// <inheritdoc/>
    public async Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement answer = await api.GetAsync(ApplianceCall.Session, $"sessions/{Uri.EscapeDataString(sessionId)}", cancellationToken);
        api.CheckSession(ApplianceCall.Session, answer.Text("id"), sessionId);
        return answer.Text("status") is { Length: > 0 }
            ? answer.ToSession(LatestTime)
            : throw new ApplianceException(
                ApplianceFailure.Transient, $"Appliance '{Name}', session: the answer holds no status; a proxy may stand in between.");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApplianceSession>> FindRescanCandidatesAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        // A date-time of the contract has a zone; a server that validates refuses one without.
        string from = Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        List<ApplianceSession> all = [];
        await foreach (JsonElement item in PagesAsync(
            ApplianceCall.Sessions, $"sessions?FromUtc={from}&Sort=startTimeDesc&", MostSessions, cancellationToken))
        {
            ApplianceSession session = item.ToSession(LatestTime);
            if (session.StartedAt is null || session.StartedAt >= since)
            {
                all.Add(session);
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken)
    {
        SessionLogReader log = await api.GetAsync(
            ApplianceCall.Log,
            $"sessions/{Uri.EscapeDataString(sessionId)}/log",
            async (_, body, cancellation) =>
            {
                SessionLogReader reader = new();
                await reader.ReadAsync(body, cancellation);
                return reader;
            },
            cancellationToken);
        api.CheckSession(ApplianceCall.Log, log.SessionId, sessionId);
        return log.Items;
    }

    /// <inheritdoc/>
    public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        api.PostAsync(ApplianceCall.Stop, $"sessions/{Uri.EscapeDataString(sessionId)}/stop", null, cancellationToken);

    private DateTimeOffset LatestTime => time.GetUtcNow() + (ClockOffset ?? TimeSpan.Zero) + TimeTolerance;

    private IAsyncEnumerable<JsonElement> PagesAsync(ApplianceCall call, string path, int most, CancellationToken cancellationToken) =>
        api.PagesAsync(
        call, offset => string.Create(CultureInfo.InvariantCulture, $"{path}Offset={offset}&Limit={PageSize}"), "results",
        p => p.Number("totalCount"), most, cancellationToken);
}
