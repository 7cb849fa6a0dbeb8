using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Rescan.Local.Appliance;

/// <summary>
/// An appliance for demos and tests: real HTTPS on loopback, the REST API of Veeam Backup for AWS as far as tokens, repositories,
/// rescans and sessions go, a ledger of every request at <c>GET /_ledger</c>, and faults on demand: <c>GET</c>, <c>POST</c> and
/// <c>DELETE /_admin/faults</c>, <c>POST /_admin/password</c>, <c>POST /_admin/certificate</c>, <c>POST /_admin/reboot</c>.
/// </summary>
public sealed class SimulatedAppliance : IAsyncDisposable
{
    private const string Api = "/api/v1/";
    private const int HugeBody = 50 * 1024 * 1024;

    private readonly SimulatorOptions options;
    private readonly ConcurrentQueue<LedgerEntry> ledger = new();
    private readonly TokenDesk tokens;
    private readonly SessionBook sessions;
    private readonly FaultPlan faults;
    private readonly Lock keeping = new();
    private readonly SemaphoreSlim power = new(1);
    private readonly CancellationTokenSource ended = new();
    private ApplianceServer? server;
    private X509Certificate2 certificate;
    private ProductRelease? upgrade;
    private int port;

    private SimulatedAppliance(SimulatorOptions options)
    {
        this.options = options;
        faults = new FaultPlan([.. options.Faults.Select(n => new Fault(n)), .. options.Scenario]);
        tokens = new TokenDesk(options);
        sessions = new SessionBook(options, Now);
        SimulatorState? kept = options.StateFile is { } file ? SimulatorState.Read(file) : null;
        certificate = kept is null ? MakeCertificate() : X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(kept.Certificate), null, X509KeyStorageFlags.Exportable);
        foreach (KeptSession session in kept?.Sessions ?? [])
        {
            if (Find(session.Repository) is { } repository)
            {
                sessions.Restore(session, repository);
            }
        }

        Keep();
    }

    /// <summary>https://127.0.0.1:PORT.</summary>
    public Uri BaseAddress => new(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}"));

    /// <summary>SHA-256 thumbprint of the certificate now in use.</summary>
    public string Thumbprint => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<LedgerEntry> Ledger => [.. ledger];

    /// <summary>The password that the account has now.</summary>
    public string Password
    {
        get => tokens.Password;
        set => tokens.Password = value;
    }

    private DateTimeOffset Now => options.Time.GetUtcNow() + options.ClockSkew;

    /// <summary>Starts it.</summary>
    /// <exception cref="ArgumentException">A fault's name is unknown.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SimulatedAppliance> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        SimulatedAppliance appliance = new(options);
        appliance.server = await ApplianceServer.StartAsync(options.Port, () => appliance.certificate, appliance.HandleAsync, cancellationToken).ConfigureAwait(false);
        appliance.port = appliance.server.Port;
        return appliance;
    }

    /// <summary>Adds a fault.</summary>
    /// <exception cref="ArgumentException">It is not known, or cannot strike such a request.</exception>
    public void Add(Fault fault) => faults.Add(fault);

    /// <summary>Takes every fault away.</summary>
    public void ClearFaults() => faults.Clear();

    /// <summary>Goes on with a new certificate; open connections are dropped.</summary>
    public void ChangeCertificate()
    {
        certificate = MakeCertificate();
        Keep();
        server?.DropConnections();
    }

    /// <summary>Every token ever granted: what nobody may find in a log or a store.</summary>
    internal IReadOnlyCollection<string> TokensGranted => tokens.Granted;

    /// <summary>Forgets tokens, fails running sessions, and refuses connections for a while; then listens on the same port again.</summary>
    /// <param name="away">How long it is away.</param>
    public async Task RebootAsync(TimeSpan away)
    {
        await power.WaitAsync(ended.Token).ConfigureAwait(false);
        try
        {
            if (server is { } running)
            {
                server = null;
                await running.DisposeAsync().ConfigureAwait(false);
            }

            tokens.Forget();
            sessions.GoDown(Now);
            Keep();
            await Task.Delay(away, options.Time, ended.Token).ConfigureAwait(false);
            server = await ApplianceServer.StartAsync(port, () => certificate, HandleAsync, ended.Token).ConfigureAwait(false);
        }
        finally
        {
            power.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (ended.IsCancellationRequested)
        {
            return;
        }

        await ended.CancelAsync().ConfigureAwait(false);
        await power.WaitAsync().ConfigureAwait(false);
        if (server is not null)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        certificate.Dispose();
        power.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    private static string KindOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
    {
        ["token"] => "token",
        ["repositories", _, "rescan"] => "rescan",
        ["repositories", ..] => "repositories",
        ["sessions", _, "log"] => "log",
        ["sessions", _, "stop"] => "stop",
        ["sessions", ..] => "session",
        _ => "other",
    };

    private async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers.Date = Now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        string path = http.Request.Path.Value ?? "";
        if (path.StartsWith("/_", StringComparison.Ordinal))
        {
            await AdministerAsync(http, path).ConfigureAwait(false);
            return;
        }

        string kind = path.StartsWith(Api, StringComparison.Ordinal) ? KindOf(path[Api.Length..]) : "other";
        Fault? fault = faults.Take(kind);
        int status = 0;
        try
        {
            status = await AnswerAsync(http, kind, path, fault).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || ended.IsCancellationRequested)
        {
            // The caller or the appliance went away in the middle of the answer.
        }
        finally
        {
            ledger.Enqueue(new LedgerEntry(options.Time.GetUtcNow(), kind, http.Request.Method, path, status, http.Connection.Id, fault?.Name));
        }
    }

    private async Task AdministerAsync(HttpContext http, string path)
    {
        try
        {
            switch (http.Request.Method, path)
            {
                case ("GET", "/_ledger"):
                    await http.Response.WriteAsJsonAsync(Ledger).ConfigureAwait(false);
                    return;
                case ("GET", "/_admin/faults"):
                    await http.Response.WriteAsJsonAsync(faults.Open).ConfigureAwait(false);
                    return;
                case ("POST", "/_admin/faults"):
                    faults.Add(await ReadAsync<Fault>(http).ConfigureAwait(false));
                    break;
                case ("DELETE", "/_admin/faults"):
                    faults.Clear();
                    break;
                case ("POST", "/_admin/password"):
                    Password = (await ReadAsync<NewPassword>(http).ConfigureAwait(false)).Password ?? throw new ArgumentException("A password is needed.");
                    break;
                case ("POST", "/_admin/certificate"):
                    http.Response.OnCompleted(() =>
                    {
                        ChangeCertificate();
                        return Task.CompletedTask;
                    });
                    break;
                case ("POST", "/_admin/reboot"):
                    TimeSpan away = TimeSpan.FromSeconds(Math.Clamp((await ReadAsync<Reboot>(http).ConfigureAwait(false)).Seconds, 0, 3600));
                    http.Response.OnCompleted(() =>
                    {
                        _ = Task.Run(() => RebootAsync(away));
                        return Task.CompletedTask;
                    });
                    break;
                default:
                    await Wire.ProblemAsync(http, StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} is not known.").ConfigureAwait(false);
                    return;
            }

            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            await Wire.ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message).ConfigureAwait(false);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpContext http) =>
        await JsonSerializer.DeserializeAsync<T>(http.Request.Body, JsonSerializerOptions.Web, http.RequestAborted).ConfigureAwait(false) ?? throw new ArgumentException("A JSON object is needed.");

    private async Task<int> AnswerAsync(HttpContext http, string kind, string path, Fault? fault)
    {
        if (fault is not null && await StrikeAsync(http, fault).ConfigureAwait(false) is { } struck)
        {
            return struck;
        }

        string revision = http.Request.Headers["x-api-version"].ToString();
        if (revision.Length == 0)
        {
            return await Wire.ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", "x-api-version is required.", "apiVersionUnspecified").ConfigureAwait(false);
        }

        if (!(upgrade?.Revisions ?? options.Revisions).Contains(revision))
        {
            bool formed = revision.EndsWith("-rev0", StringComparison.Ordinal) || revision.EndsWith("-rev1", StringComparison.Ordinal);
            return await Wire.ProblemAsync(
                http, StatusCodes.Status400BadRequest, "UnexpectedContent", $"Revision {revision} is not supported.", formed ? "unsupportedApiVersion" : "invalidApiVersion").ConfigureAwait(false);
        }

        if (kind == "token" && HttpMethods.IsPost(http.Request.Method))
        {
            return Dropped(http, fault, await tokens.GrantAsync(http, Now, fault?.Name).ConfigureAwait(false));
        }

        string bearer = TokenDesk.BearerOf(http.Request);
        if (!tokens.IsLive(bearer, Now))
        {
            return await Wire.ProblemAsync(http, StatusCodes.Status401Unauthorized, "ExpiredToken", "The token is unknown or has expired.").ConfigureAwait(false);
        }

        if (kind == "token" && HttpMethods.IsDelete(http.Request.Method))
        {
            tokens.SignOut(bearer);
            return Dropped(http, fault, http.Response.StatusCode = StatusCodes.Status204NoContent);
        }

        return Dropped(http, fault, await ServeAsync(http, path, revision, fault).ConfigureAwait(false));
    }

    /// <summary>The act is done; the answer is not sent.</summary>
    private static int Dropped(HttpContext http, Fault? fault, int status)
    {
        if (fault?.Name != "drop-after")
        {
            return status;
        }

        http.Abort();
        return 0;
    }

    /// <summary>What a fault does before the appliance looks at the request.</summary>
    /// <returns>The status answered; null when the request is still to be served.</returns>
    private async Task<int?> StrikeAsync(HttpContext http, Fault fault)
    {
        TimeSpan span = TimeSpan.FromSeconds(fault.Seconds ?? 0);
        switch (fault.Name)
        {
            case "slow":
                await Task.Delay(span, options.Time, http.RequestAborted).ConfigureAwait(false);
                return null;
            case "hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted).ConfigureAwait(false);
                return null;
            case "drop-before":
                http.Abort();
                return 0;
            case "drop-after":
                // Buffered, so that nothing of the answer leaves before the connection goes.
                http.Response.Body = Stream.Null;
                return null;
            case "expired-token":
                tokens.Forget();
                return null;
            case "throttled":
                return await BusyAsync(http, StatusCodes.Status429TooManyRequests, Seconds(span)).ConfigureAwait(false);
            case "throttled-date":
                return await BusyAsync(http, StatusCodes.Status429TooManyRequests, Date(span)).ConfigureAwait(false);
            case "throttled-bare":
                return await BusyAsync(http, StatusCodes.Status429TooManyRequests, null).ConfigureAwait(false);
            case "unavailable":
                return await BusyAsync(http, StatusCodes.Status503ServiceUnavailable, null).ConfigureAwait(false);
            case "unavailable-seconds":
                return await BusyAsync(http, StatusCodes.Status503ServiceUnavailable, Seconds(span)).ConfigureAwait(false);
            case "unavailable-date":
                return await BusyAsync(http, StatusCodes.Status503ServiceUnavailable, Date(span)).ConfigureAwait(false);
            case "server-error":
                return await Wire.ProblemAsync(http, StatusCodes.Status500InternalServerError, "UnknownError", "Something went wrong.").ConfigureAwait(false);
            case "gateway-timeout":
                return await Wire.ProblemAsync(http, StatusCodes.Status504GatewayTimeout, "ServiceUnavailable", "The back end did not answer.").ConfigureAwait(false);
            case "html":
                return await PlainAsync(http, "text/html", "<html><body>Gateway</body></html>").ConfigureAwait(false);
            case "malformed-json":
                return await PlainAsync(http, "application/json", "{\"id\": \"").ConfigureAwait(false);
            case "empty-body":
                return await PlainAsync(http, "application/json", "").ConfigureAwait(false);
            case "redirect":
                http.Response.Redirect("https://elsewhere.example/login");
                return StatusCodes.Status302Found;
            case "wrong-role":
                return await Wire.ProblemAsync(http, StatusCodes.Status403Forbidden, "AccessDenied", "The account needs the role Portal Operator.").ConfigureAwait(false);
            case "conflict":
                return await Wire.ProblemAsync(http, StatusCodes.Status409Conflict, "UnknownError", "A rescan of the repository is running.").ConfigureAwait(false);
            case "huge-log":
                return await HugeAsync(http).ConfigureAwait(false);
            case "no-rescan":
                upgrade = ProductRelease.Find("8.0");
                return null;
            case "purged":
                sessions.Purge();
                Keep();
                return null;
            case "new-certificate":
                ChangeCertificate();
                return 0;
            case "reboot":
                _ = Task.Run(() => RebootAsync(span));
                http.Abort();
                return 0;
            default:
                return null;
        }
    }

    private static async Task<int> BusyAsync(HttpContext http, int status, string? retryAfter)
    {
        if (retryAfter is not null)
        {
            http.Response.Headers.RetryAfter = retryAfter;
        }

        return await Wire.ProblemAsync(http, status, "ServiceUnavailable", "The service is busy.").ConfigureAwait(false);
    }

    private static string Seconds(TimeSpan span) => Math.Ceiling(span.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private string Date(TimeSpan span) => (Now + span).UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

    private static async Task<int> PlainAsync(HttpContext http, string type, string body)
    {
        http.Response.ContentType = type;
        await http.Response.WriteAsync(body).ConfigureAwait(false);
        return StatusCodes.Status200OK;
    }

    private static async Task<int> HugeAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        string item = $$"""{"logTime":"2026-01-01T00:00:00","status":"Success","message":"{{new string('x', 1000)}}"}""";
        await http.Response.WriteAsync("{\"log\":[" + item).ConfigureAwait(false);
        for (int sent = item.Length; sent < HugeBody && !http.RequestAborted.IsCancellationRequested; sent += item.Length + 1)
        {
            await http.Response.WriteAsync("," + item, http.RequestAborted).ConfigureAwait(false);
        }

        await http.Response.WriteAsync("]}", http.RequestAborted).ConfigureAwait(false);
        return StatusCodes.Status200OK;
    }

    private async Task<int> ServeAsync(HttpContext http, string path, string revision, Fault? fault)
    {
        string[] parts = path.StartsWith(Api, StringComparison.Ordinal) ? path[Api.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
        try
        {
            return (http.Request.Method, parts) switch
            {
                ("GET", ["system", "version"]) => await Wire.JsonAsync(http, new { about = "Veeam Backup for AWS (simulated)", version = upgrade?.Version ?? options.ProductVersion }).ConfigureAwait(false),
                ("GET", ["repositories"]) => await Wire.JsonAsync(http, ListRepositories(http.Request)).ConfigureAwait(false),
                ("GET", ["repositories", var id]) when Find(id) is { } repository => await Wire.JsonAsync(http, repository.Describe()).ConfigureAwait(false),
                ("POST", ["repositories", var id, "rescan"]) when ProductRelease.HasRescan(revision) && Find(id) is { } repository =>
                    await RescanAsync(http, repository, fault).ConfigureAwait(false),
                ("GET", ["sessions"]) => await Wire.JsonAsync(http, sessions.List(http.Request, Now)).ConfigureAwait(false),
                ("GET", ["sessions", var id]) when sessions.Find(id, Now) is { } session => await Wire.JsonAsync(http, session.Describe(Now, ShownStatus(fault))).ConfigureAwait(false),
                ("GET", ["sessions", var id, "log"]) when sessions.Find(id, Now) is { } session => await LogAsync(http, session, fault).ConfigureAwait(false),
                ("POST", ["sessions", var id, "stop"]) when sessions.Find(id, Now) is { } session => Stop(http, session),
                _ => await Wire.ProblemAsync(http, StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} is not known.").ConfigureAwait(false),
            };
        }
        catch (QueryException e)
        {
            return await Wire.ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message).ConfigureAwait(false);
        }
    }

    private static string? ShownStatus(Fault? fault) => fault?.Name switch
    {
        "unknown-status" => "Verifying",
        "never-executed" => "NeverExecuted",
        _ => null,
    };

    private object ListRepositories(HttpRequest request)
    {
        PageQuery query = new(request.Query, options.PageSize);
        Dictionary<string, Func<SimulatedRepository, object?>> columns = new(StringComparer.Ordinal) { ["name"] = r => r.Name, ["bucket"] = r => r.Bucket };
        return query.Page([.. query.Sorted(query.Matching(options.Repositories, r => r.Name), columns)], r => r.Describe(), "/api/v1/repositories");
    }

    private async Task<int> RescanAsync(HttpContext http, SimulatedRepository repository, Fault? fault)
    {
        if (fault?.Name == "no-session-id")
        {
            return await Wire.JsonAsync(http, new { }, StatusCodes.Status202Accepted).ConfigureAwait(false);
        }

        if (sessions.StartRescan(repository, Now) is not { } session)
        {
            return await Wire.ProblemAsync(http, StatusCodes.Status409Conflict, "UnknownError", $"A rescan of repository {repository.Name} is running.").ConfigureAwait(false);
        }

        Keep();
        return await Wire.JsonAsync(
            http,
            fault?.Name == "hidden-session-id" ? new { } : new { sessionId = session.Id, _links = new[] { new { rel = "session", href = $"/api/v1/sessions/{session.Id}", method = "GET" } } },
            StatusCodes.Status202Accepted).ConfigureAwait(false);
    }

    private async Task<int> LogAsync(HttpContext http, SimulatedSession session, Fault? fault)
    {
        IReadOnlyList<object>? log = fault?.Name == "no-log" ? null : session.Log(Now);
        return await Wire.JsonAsync(http, log is null ? new { sessionId = session.Id } : new { sessionId = session.Id, log }).ConfigureAwait(false);
    }

    private int Stop(HttpContext http, SimulatedSession session)
    {
        session.Break(Now, "canceled", null);
        Keep();
        return http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    /// <summary>Keeps what a restart must not lose, before anybody is told of it.</summary>
    private void Keep()
    {
        if (options.StateFile is { } file)
        {
            lock (keeping)
            {
                SimulatorState.Write(file, certificate, sessions.All);
            }
        }
    }

    private SimulatedRepository? Find(string id) => options.Repositories.FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.OrdinalIgnoreCase));

    private sealed record NewPassword(string? Password);

    private sealed record Reboot(double Seconds);
}
