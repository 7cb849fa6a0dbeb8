using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>The REST API of one server of Veeam Backup &amp; Replication; its token is shared by all who use it.</summary>
internal sealed class VeeamBackupAndReplicationClient : IApplianceClient
{
    private const string RepositoriesPath = "backupInfrastructure/repositories";
    private const int PageSize = 200;
    private const int MaxId = 100;
    private const int MostRepositories = 50_000;
    private const int MostSessions = 5000;

    private readonly ApplianceProduct product;
    private readonly ApplianceOptions options;
    private readonly Func<CertificateSeen?> certificate;
    private readonly TimeProvider time;
    private readonly ApplianceConnection connection;
    private readonly TokenGrants grants;
    private readonly TokenCache tokens;
    private readonly AuthorizedConnection api;

    public VeeamBackupAndReplicationClient(
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

    /// <summary>
    /// By the server's own time, which it stamps its sessions with; by the date of an answer where it does not tell that.
    /// </summary>
    public TimeSpan? ClockOffset { get; private set; }

    /// <inheritdoc/>
    public async Task<SignInResult> SignInAsync(CancellationToken cancellationToken)
    {
        (SignInResult result, _) = await OpenAsync(cancellationToken);
        return result;
    }

    /// <inheritdoc/>
    public async Task<ApplianceProbe> ProbeAsync(CancellationToken cancellationToken)
    {
        (SignInResult signedIn, string? lack) = await OpenAsync(cancellationToken);
        return new ApplianceProbe(
            product.Title, signedIn, await grants.GetOfferedAsync(cancellationToken), certificate(), lack is null ? [] : [lack]);
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
                ApplianceCall.SignOut, HttpMethod.Post, "../oauth2/logout", grants.Revision, held.Access, null, cancellationToken);
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
        await foreach (JsonElement item in PagesAsync(
            ApplianceCall.Repositories, RepositoriesPath + "?orderColumn=Name&orderAsc=true&", MostRepositories, cancellationToken))
        {
            all.Add(RepositoryItemReader.Read(item));
        }

        return all;
    }

    /// <summary>One repository a call, so that its session is its own.</summary>
    public async Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken)
    {
        JsonElement answer = await api.PostAsync(
            ApplianceCall.Rescan, RepositoriesPath + "/rescan", () => JsonContent.Create(new { repositoryIds = new[] { repositoryId } }),
            cancellationToken);
        return answer.Text("id") is { Length: > 0 and <= MaxId } id ? id : null;
    }

    /// <inheritdoc/>
    public async Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement answer = await api.GetAsync(ApplianceCall.Session, $"sessions/{Uri.EscapeDataString(sessionId)}", cancellationToken);
        api.CheckSession(ApplianceCall.Session, answer.Text("id"), sessionId);
        return answer.Text("state") is { Length: > 0 }
            ? SessionReader.Read(answer)
            : throw new ApplianceException(
                ApplianceFailure.Transient, $"Appliance '{Name}', session: the answer holds no state; a proxy may stand in between.");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApplianceSession>> FindRescanCandidatesAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        string from = Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        string path = $"sessions?typeFilter={SessionReader.RescanType}&createdAfterFilter={from}&orderColumn=CreationTime&orderAsc=false&";
        List<ApplianceSession> all = [];
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Sessions, path, MostSessions, cancellationToken))
        {
            if (SessionReader.ReadCandidate(item, options.Username) is { } session
                && (session.StartedAt is null || session.StartedAt >= since))
            {
                all.Add(session);
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken) => api.GetAsync(
        ApplianceCall.Log, $"sessions/{Uri.EscapeDataString(sessionId)}/logs",
        async (_, body, cancellation) =>
        {
            SessionLogReader reader = new();
            await reader.ReadAsync(body, cancellation);
            return reader.Items;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        api.PostAsync(ApplianceCall.Stop, $"sessions/{Uri.EscapeDataString(sessionId)}/stop", null, cancellationToken);

    /// <summary>Only an account with the right to rescan may read the server's own description, so the answer shows the role.</summary>
    private async Task<(SignInResult SignedIn, string? Lack)> OpenAsync(CancellationToken cancellationToken)
    {
        string? build = null;
        string? identity = null;
        string? role = null;
        string? lack = null;
        try
        {
            JsonElement info = await api.GetAsync(ApplianceCall.Version, "serverInfo", cancellationToken);
            build = info.Text("buildVersion");
            identity = Guid.TryParse(info.Text("vbrId"), out Guid id) && id != Guid.Empty ? id.ToString() : null;
            role = product.RolesThatRescan[0];
        }
        catch (ApplianceException e) when (e.Failure is ApplianceFailure.NotFound || e.Status is 403)
        {
            lack = e.Status is 403
                ? $"the account may not read the server's description, so it seems to lack the role "
                    + $"{product.RolesThatRescan[0]}, which rescan needs"
                : null;
        }

        AccessToken held = await tokens.GetAsync(null, cancellationToken);
        await ReadClockAsync(cancellationToken);
        return (new SignInResult(held.ExpiresAt, build, grants.Revision, role) { Identity = identity }, lack);
    }

    private async Task ReadClockAsync(CancellationToken cancellationToken)
    {
        try
        {
            DateTimeOffset asked = time.GetUtcNow();
            JsonElement answer = await connection.SendAsync(
                ApplianceCall.Version, HttpMethod.Get, "serverTime", grants.Revision, null, null, cancellationToken);
            DateTimeOffset now = time.GetUtcNow();
            ClockOffset = answer.Time("serverTime") is { } told ? told - (asked + ((now - asked) / 2)) : connection.ClockOffset;
        }
        catch (ApplianceException)
        {
            ClockOffset ??= connection.ClockOffset;
        }
    }

    private IAsyncEnumerable<JsonElement> PagesAsync(ApplianceCall call, string path, int most, CancellationToken cancellationToken) =>
        api.PagesAsync(
        call, skip => string.Create(CultureInfo.InvariantCulture, $"{path}skip={skip}&limit={PageSize}"), "data",
        p => p.Part("pagination").Number("total"), most, cancellationToken);
}
