using System.Globalization;
using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>One appliance's REST API over one HTTP client; its token is shared by all who use it.</summary>
internal sealed class ApplianceClient : IApplianceClient, IDisposable
{
    private const int PageSize = 200;

    /// <summary>The appliance lists about 5,000 sessions at the most.</summary>
    private const int MostSessions = 5000;

    private readonly ApplianceOptions options;
    private readonly ApplianceConnection connection;
    private readonly TokenCache tokens;

    /// <param name="options">The appliance's settings.</param>
    /// <param name="http">The client registered by <see cref="ApplianceHttp"/>.</param>
    /// <param name="password">Reads the password whenever a full sign-in is due.</param>
    /// <param name="time">The clock.</param>
    public ApplianceClient(ApplianceOptions options, HttpClient http, Func<CancellationToken, Task<string>> password, TimeProvider time)
    {
        this.options = options;
        connection = new ApplianceConnection(options.Name, http, time);
        tokens = new TokenCache(options, connection, password, time);
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public TimeSpan? ClockOffset => connection.ClockOffset;

    /// <inheritdoc/>
    public async Task<SignInResult> SignInAsync(CancellationToken cancellationToken)
    {
        string? product = null;
        try
        {
            product = (await GetAsync(ApplianceCall.Version, "system/version", cancellationToken).ConfigureAwait(false)).Text("version");
        }
        catch (ApplianceException e) when (e.Failure is ApplianceFailure.NotFound || e.Status is 403)
        {
            // The version only serves messages; an appliance that does not tell it can still rescan.
        }

        TokenCache.Token held = await tokens.GetAsync(null, cancellationToken).ConfigureAwait(false);
        return ApplianceRevisions.WithoutRescan.Contains(tokens.Revision)
            ? throw new ApplianceException(
                ApplianceFailure.Rejected,
                $"Appliance '{Name}' (product {product ?? "unknown"}): x-api-version {tokens.Revision} has no repository rescan. Set ApiVersion to auto or to one of {string.Join(", ", ApplianceRevisions.WithRescan)}.")
            : new SignInResult(held.ExpiresAt, product, tokens.Revision, held.Role);
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
            await connection.SendAsync(ApplianceCall.SignOut, HttpMethod.Delete, "token", tokens.Revision, held.Access, null, cancellationToken).ConfigureAwait(false);
        }
        catch (ApplianceException)
        {
            // The token runs out by itself.
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Repository>> GetRepositoriesAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Repository> all = new(StringComparer.OrdinalIgnoreCase);
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Repositories, "repositories?", int.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            Repository repository = item.ToRepository();
            all.TryAdd(repository.Id, repository);
        }

        return [.. all.Values];
    }

    /// <inheritdoc/>
    public async Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken)
    {
        JsonElement answer = await CallAsync(ApplianceCall.Rescan, HttpMethod.Post, $"repositories/{Uri.EscapeDataString(repositoryId)}/rescan", cancellationToken).ConfigureAwait(false);
        return StorableText.CleanOrNull(answer.Text("sessionId"), StorableText.LongestWord);
    }

    /// <inheritdoc/>
    public async Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement answer = await GetAsync(ApplianceCall.Session, $"sessions/{Uri.EscapeDataString(sessionId)}", cancellationToken).ConfigureAwait(false);
        return answer.Text("status") is { Length: > 0 }
            ? answer.ToSession()
            : throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', session: the answer holds no status; a proxy may stand in between.");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApplianceSession>> GetSessionsSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        string from = Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        Dictionary<string, ApplianceSession> all = new(StringComparer.OrdinalIgnoreCase);
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Sessions, $"sessions?FromUtc={from}&Sort=startTimeDesc&", MostSessions, cancellationToken).ConfigureAwait(false))
        {
            ApplianceSession session = item.ToSession();
            if (session.StartedAt is null || session.StartedAt >= since)
            {
                all.TryAdd(session.Id, session);
            }
        }

        return [.. all.Values];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement log = await GetAsync(ApplianceCall.Log, $"sessions/{Uri.EscapeDataString(sessionId)}/log", cancellationToken).ConfigureAwait(false);
        return [.. log.Items("log").Select(e => e.ToLogItem())];
    }

    /// <inheritdoc/>
    public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        CallAsync(ApplianceCall.Stop, HttpMethod.Post, $"sessions/{Uri.EscapeDataString(sessionId)}/stop", cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => tokens.Dispose();

    private Task<JsonElement> GetAsync(ApplianceCall call, string path, CancellationToken cancellationToken) => CallAsync(call, HttpMethod.Get, path, cancellationToken);

    private async IAsyncEnumerable<JsonElement> PagesAsync(
        ApplianceCall call, string path, int most, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? first = null;
        for (int offset = 0; offset < most;)
        {
            JsonElement page = await GetAsync(call, string.Create(CultureInfo.InvariantCulture, $"{path}Offset={offset}&Limit={PageSize}"), cancellationToken).ConfigureAwait(false);
            int seen = 0;
            foreach (JsonElement item in page.Items("results"))
            {
                // An appliance that ignores Offset would repeat its first page for ever.
                string? id = item.Text("id");
                if (seen++ == 0 && offset > 0 && id == first)
                {
                    yield break;
                }

                first ??= id;
                yield return item;
            }

            offset += seen;
            if (seen == 0 || offset >= (page.Number("totalCount") ?? 0))
            {
                yield break;
            }
        }
    }

    /// <summary>One call; a refused token is renewed once, and so is a revision that is no longer accepted.</summary>
    private async Task<JsonElement> CallAsync(ApplianceCall call, HttpMethod method, string path, CancellationToken cancellationToken)
    {
        TokenCache.Token held = await tokens.GetAsync(null, cancellationToken).ConfigureAwait(false);
        for (bool again = false; ; again = true)
        {
            try
            {
                return await connection.SendAsync(call, method, path, tokens.Revision, held.Access, null, cancellationToken).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (!again && (e.Status == 401 || (e.IsVersionProblem && tokens.ForgetRevision())))
            {
                held = await tokens.GetAsync(held, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
