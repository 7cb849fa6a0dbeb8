using System.Globalization;
using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>One appliance's REST API over one HTTP client; its token is shared by all who use it.</summary>
internal sealed class ApplianceClient : IApplianceClient, IDisposable
{
    private const int PageSize = 200;
    private const int MaxId = 100;

    /// <summary>The appliance lists about 5,000 sessions at the most.</summary>
    private const int MostSessions = 5000;

    /// <summary>Far more than any appliance has; a list without end is not believed.</summary>
    private const int MostRepositories = 50_000;

    /// <summary>How far a time of the appliance may be ahead of its clock.</summary>
    private static readonly TimeSpan TimeTolerance = TimeSpan.FromDays(1);

    private readonly ApplianceOptions options;
    private readonly ApplianceConnection connection;
    private readonly TokenCache tokens;
    private readonly TimeProvider time;

    /// <param name="options">The appliance's settings.</param>
    /// <param name="http">The client registered by <see cref="ApplianceHttp"/>.</param>
    /// <param name="password">Reads the password whenever a full sign-in is due.</param>
    /// <param name="time">The clock.</param>
    public ApplianceClient(ApplianceOptions options, HttpClient http, Func<CancellationToken, Task<string>> password, TimeProvider time)
    {
        this.options = options;
        this.time = time;
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
        List<Repository> all = [];
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Repositories, "repositories?", MostRepositories, cancellationToken).ConfigureAwait(false))
        {
            all.Add(item.ToRepository());
        }

        return all;
    }

    /// <inheritdoc/>
    public async Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken)
    {
        JsonElement answer = await CallAsync(ApplianceCall.Rescan, HttpMethod.Post, $"repositories/{Uri.EscapeDataString(repositoryId)}/rescan", cancellationToken).ConfigureAwait(false);
        return answer.Text("sessionId") is { Length: > 0 and <= MaxId } id ? id : null;
    }

    /// <inheritdoc/>
    public async Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement answer = await GetAsync(ApplianceCall.Session, $"sessions/{Uri.EscapeDataString(sessionId)}", cancellationToken).ConfigureAwait(false);
        CheckSession(ApplianceCall.Session, answer.Text("id"), sessionId);
        return answer.Text("status") is { Length: > 0 }
            ? answer.ToSession(LatestTime)
            : throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', session: the answer holds no status; a proxy may stand in between.");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApplianceSession>> GetSessionsSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        // A date-time of the contract has a zone; a server that validates refuses one without.
        string from = Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        List<ApplianceSession> all = [];
        await foreach (JsonElement item in PagesAsync(ApplianceCall.Sessions, $"sessions?FromUtc={from}&Sort=startTimeDesc&", MostSessions, cancellationToken).ConfigureAwait(false))
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
        SessionLogReader log = await CallAsync(
            ApplianceCall.Log,
            HttpMethod.Get,
            $"sessions/{Uri.EscapeDataString(sessionId)}/log",
            async (_, body, cancellation) =>
            {
                SessionLogReader reader = new();
                await reader.ReadAsync(body, cancellation).ConfigureAwait(false);
                return reader;
            },
            cancellationToken).ConfigureAwait(false);
        CheckSession(ApplianceCall.Log, log.SessionId, sessionId);
        return log.Items;
    }

    /// <inheritdoc/>
    public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        CallAsync(ApplianceCall.Stop, HttpMethod.Post, $"sessions/{Uri.EscapeDataString(sessionId)}/stop", cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => tokens.Dispose();

    private DateTimeOffset LatestTime => time.GetUtcNow() + (ClockOffset ?? TimeSpan.Zero) + TimeTolerance;

    private Task<JsonElement> GetAsync(ApplianceCall call, string path, CancellationToken cancellationToken) => CallAsync(call, HttpMethod.Get, path, cancellationToken);

    /// <summary>The items of all pages, each id once. A page without anything new is the last one: an appliance that ignores Offset would repeat itself for ever.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="path">Where, with the beginning of the query.</param>
    /// <param name="most">More than this many are not listed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async IAsyncEnumerable<JsonElement> PagesAsync(
        ApplianceCall call, string path, int most, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        for (int offset = 0; seen.Count < most;)
        {
            JsonElement page = await GetAsync(call, string.Create(CultureInfo.InvariantCulture, $"{path}Offset={offset}&Limit={PageSize}"), cancellationToken).ConfigureAwait(false);
            int before = seen.Count;
            foreach (JsonElement item in page.Items("results"))
            {
                offset++;
                if (item.Text("id") is { Length: > 0 } id && seen.Count < most && seen.Add(id))
                {
                    yield return item;
                }
            }

            if (seen.Count == before || offset >= (page.Number("totalCount") ?? 0))
            {
                yield break;
            }
        }
    }

    /// <summary>A proxy or a cache may answer what somebody else asked.</summary>
    private void CheckSession(ApplianceCall call, string? answered, string asked)
    {
        if (answered is not null && !string.Equals(answered, asked, StringComparison.OrdinalIgnoreCase))
        {
            throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', {call.What}: the answer is about another session than {asked}; a proxy may stand in between.");
        }
    }

    private Task<JsonElement> CallAsync(ApplianceCall call, HttpMethod method, string path, CancellationToken cancellationToken) => WithTokenAsync(
        token => connection.SendAsync(call, method, path, tokens.Revision, token, null, cancellationToken), cancellationToken);

    private Task<T> CallAsync<T>(ApplianceCall call, HttpMethod method, string path, Func<HttpResponseMessage, Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        WithTokenAsync(token => connection.SendAsync(call, method, path, tokens.Revision, token, null, read, cancellationToken), cancellationToken);

    /// <summary>One call; a refused token is renewed once, and so is a revision that is no longer accepted.</summary>
    private async Task<T> WithTokenAsync<T>(Func<string, Task<T>> send, CancellationToken cancellationToken)
    {
        TokenCache.Token held = await tokens.GetAsync(null, cancellationToken).ConfigureAwait(false);
        for (bool again = false; ; again = true)
        {
            try
            {
                return await send(held.Access).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (!again && (e.Status == 401 || (e.IsVersionProblem && tokens.ForgetRevision())))
            {
                held = await tokens.GetAsync(held, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
