using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliance;

/// <summary>One appliance's REST API over one HTTP connection pool; tokens stay in its memory.</summary>
/// <param name="options">The appliance's settings.</param>
/// <param name="password">Reads the password whenever a full sign-in is due.</param>
/// <param name="time">The clock.</param>
internal sealed class ApplianceClient(ApplianceOptions options, Func<CancellationToken, Task<string>> password, TimeProvider time) : IApplianceClient, IDisposable
{
    private const int MaxBody = 1024 * 1024;
    private const int MaxLog = 16 * 1024 * 1024;
    private const int PageSize = 200;

    private static readonly string[] RevisionsWithRescan = ["1.3-rev0", "1.2-rev0", "1.1-rev0", "1.0-rev0"];

    private readonly SemaphoreSlim signIn = new(1);
    private readonly CertificatePins pins = new(options.Thumbprints);
    private string revision = options.ApiVersion == "auto" ? RevisionsWithRescan[0] : options.ApiVersion;
    private bool revisionAccepted = options.ApiVersion != "auto";
    private Token? token;
    private HttpClient? http;

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public TimeSpan? ClockOffset { get; private set; }

    private HttpClient Http => LazyInitializer.EnsureInitialized(ref http, () => new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(30),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(15),
        ConnectTimeout = TimeSpan.FromSeconds(15),
        SslOptions = { RemoteCertificateValidationCallback = pins.Accept },
    })
    {
        BaseAddress = new Uri(options.BaseUrl!, "/api/v1/"),
        Timeout = TimeSpan.FromSeconds(100),
    });

    /// <inheritdoc/>
    public async Task<SignInResult> SignInAsync(CancellationToken cancellationToken)
    {
        Token held = await TokenAsync(null, cancellationToken).ConfigureAwait(false);
        string? product = null;
        try
        {
            product = (await CallAsync(HttpMethod.Get, "system/version", "version", t => t.Other++, cancellationToken).ConfigureAwait(false)).Text("version");
        }
        catch (ApplianceException e) when (e.Failure is ApplianceFailure.NotFound)
        {
            // The version only serves messages; an appliance without the call can still rescan.
        }

        return new SignInResult(held.ExpiresAt, product, revision);
    }

    /// <inheritdoc/>
    public async Task SignOutAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref token, null) is not { } held)
        {
            return;
        }

        try
        {
            using HttpRequestMessage request = Request(HttpMethod.Delete, "token", held);
            await SendAsync(request, "sign-out", MaxBody, t => t.Token++, cancellationToken).ConfigureAwait(false);
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
        for (int offset = 0; ;)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"repositories?Offset={offset}&Limit={PageSize}");
            JsonElement page = await CallAsync(HttpMethod.Get, path, "repositories", t => t.Repositories++, cancellationToken).ConfigureAwait(false);
            int before = all.Count;
            int seen = 0;
            foreach (Repository repository in page.Items("results").Select(e => e.ToRepository()))
            {
                seen++;
                all.TryAdd(repository.Id, repository);
            }

            offset += seen;

            // A page with nothing new ends it: an appliance that ignores Offset would repeat itself for ever.
            if (all.Count == before || offset >= (page.Number("totalCount") ?? 0))
            {
                return [.. all.Values];
            }
        }
    }

    /// <inheritdoc/>
    public async Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken)
    {
        JsonElement answer = await CallAsync(HttpMethod.Post, $"repositories/{Uri.EscapeDataString(repositoryId)}/rescan", "rescan", t => t.Rescan++, cancellationToken).ConfigureAwait(false);
        return answer.Text("sessionId") is { Length: > 0 } id ? id : null;
    }

    /// <inheritdoc/>
    public async Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        (await CallAsync(HttpMethod.Get, $"sessions/{Uri.EscapeDataString(sessionId)}", "session", t => t.Session++, cancellationToken).ConfigureAwait(false)).ToSession();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApplianceSession>> GetSessionsSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        string path = $"sessions?FromUtc={Uri.EscapeDataString(since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture))}&Sort=startTimeDesc";
        JsonElement page = await CallAsync(HttpMethod.Get, path, "sessions", t => t.Session++, cancellationToken).ConfigureAwait(false);
        return [.. page.Items("results").Select(e => e.ToSession()).Where(s => s.StartedAt is null || s.StartedAt >= since)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken)
    {
        JsonElement log = await CallAsync(HttpMethod.Get, $"sessions/{Uri.EscapeDataString(sessionId)}/log", "session log", t => t.Log++, cancellationToken, MaxLog).ConfigureAwait(false);
        return [.. log.Items("log").Select(e => e.ToLogItem())];
    }

    /// <inheritdoc/>
    public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, $"sessions/{Uri.EscapeDataString(sessionId)}/stop", "stop", t => t.Stop++, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        http?.Dispose();
        signIn.Dispose();
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        using Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        ArrayBufferWriter<byte> body = new();
        for (int read; (read = await stream.ReadAsync(body.GetMemory(16 * 1024), cancellationToken).ConfigureAwait(false)) > 0;)
        {
            body.Advance(read);
            if (body.WrittenCount > limit)
            {
                return null;
            }
        }

        return body.WrittenSpan.ToArray();
    }

    private async Task<JsonElement> CallAsync(HttpMethod method, string path, string what, Action<RequestTally> count, CancellationToken cancellationToken, int limit = MaxBody)
    {
        Token held = await TokenAsync(null, cancellationToken).ConfigureAwait(false);
        for (bool renewed = false; ; renewed = true)
        {
            using HttpRequestMessage request = Request(method, path, held);
            try
            {
                return await SendAsync(request, what, limit, count, cancellationToken).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (e.Status == 401 && !renewed)
            {
                held = await TokenAsync(held, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, Token? bearer)
    {
        HttpRequestMessage request = new(method, path);
        request.Headers.Add("x-api-version", revision);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/problem+json"));
        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer.Access);
        }

        return request;
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, string what, int limit, Action<RequestTally> count, CancellationToken cancellationToken)
    {
        if (RequestTally.Current is { } tally)
        {
            count(tally);
        }

        try
        {
            using HttpResponseMessage answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            ClockOffset = answer.Headers.Date - time.GetUtcNow() ?? ClockOffset;
            byte[] body = await ReadAsync(answer.Content, limit, cancellationToken).ConfigureAwait(false)
                ?? throw new ApplianceException(ApplianceFailure.TooLarge, $"Appliance '{Name}', {what}: the answer is larger than {limit / 1024 / 1024} MiB and was not read.");
            if (!answer.IsSuccessStatusCode)
            {
                throw ApplianceErrors.FromAnswer(Name, what, answer, body, time.GetUtcNow());
            }

            return body.Length == 0 ? default : ApplianceErrors.Parse(body)
                ?? throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', {what}: the answer is not JSON; a proxy may stand in between.") { Status = (int)answer.StatusCode };
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException && pins.Refused is { } seen)
        {
            throw new ApplianceException(ApplianceFailure.Rejected, $"Appliance '{Name}' shows a certificate that is not trusted. Its SHA-256 thumbprint is {seen}; if it is the appliance's own, add it to Thumbprints.", e) { MayHaveActed = false };
        }
        catch (HttpRequestException e)
        {
            bool never = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', {what}: no answer from {options.BaseUrl!.Authority} ({e.Message}).", e) { MayHaveActed = !never };
        }
        catch (IOException e)
        {
            throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', {what}: the connection broke ({e.Message}).", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApplianceException(ApplianceFailure.Transient, $"Appliance '{Name}', {what}: no answer within {Http.Timeout.TotalSeconds:0} s.", e);
        }
    }

    /// <summary>A live token other than one that was just answered with 401; one request however many ask at once.</summary>
    private async Task<Token> TokenAsync(Token? refused, CancellationToken cancellationToken)
    {
        if (Live(refused) is { } live)
        {
            return live;
        }

        await signIn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Live(refused) ?? (token = await RenewAsync(refused, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            signIn.Release();
        }
    }

    private Token? Live(Token? refused) => token is { } held && held != refused && held.RenewAt > time.GetUtcNow() ? held : null;

    private async Task<Token> RenewAsync(Token? refused, CancellationToken cancellationToken)
    {
        if (token is { Refresh.Length: > 0 } held && held != refused)
        {
            try
            {
                return await AskAsync([new("grant_type", "refresh_token"), new("refresh_token", held.Refresh)], cancellationToken).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (e.Failure != ApplianceFailure.Transient)
            {
                // The refresh token may be gone as well; the password still serves.
            }
        }

        string secret = await password(cancellationToken).ConfigureAwait(false);
        KeyValuePair<string, string>[] form = [new("grant_type", "password"), new("username", options.Username), new("password", secret)];
        if (revisionAccepted)
        {
            return await AskAsync(form, cancellationToken).ConfigureAwait(false);
        }

        foreach (string candidate in RevisionsWithRescan)
        {
            revision = candidate;
            try
            {
                Token fresh = await AskAsync(form, cancellationToken).ConfigureAwait(false);
                revisionAccepted = true;
                return fresh;
            }
            catch (ApplianceException e) when (e.Status == 400 && e.Message.Contains("x-api-version", StringComparison.Ordinal))
            {
                // An older revision may be accepted.
            }
        }

        throw new ApplianceException(ApplianceFailure.Rejected, $"Appliance '{Name}' accepts no revision with repository rescan; tried {string.Join(", ", RevisionsWithRescan)}. Products from 8.0 on have none.") { Status = 400 };
    }

    private async Task<Token> AskAsync(KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, "token", null);
        using FormUrlEncodedContent content = new(form);
        request.Content = content;
        JsonElement answer = await SendAsync(request, "sign-in", MaxBody, t => t.Token++, cancellationToken).ConfigureAwait(false);
        if (answer.Text("access_token") is not { Length: > 0 } access)
        {
            throw new ApplianceException(ApplianceFailure.Rejected, $"Appliance '{Name}' asks the account for a second factor (MFA). An unattended job needs an account without MFA.");
        }

        TimeSpan lifetime = TimeSpan.FromSeconds(answer.Number("expires_in") ?? 900);
        DateTimeOffset now = time.GetUtcNow();
        return new Token(access, answer.Text("refresh_token") ?? "", now + lifetime, now + (lifetime * 0.8));
    }

    private sealed record Token(string Access, string Refresh, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt)
    {
        public override string ToString() => "Token";
    }
}
