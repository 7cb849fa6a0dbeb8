using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Appliance;

/// <summary>
/// An appliance for demos and tests: real HTTPS on loopback, the REST API of Veeam Backup for AWS as far as repositories, rescans and
/// sessions go, a ledger of every request at <c>GET /_ledger</c>, and faults on demand (<c>POST</c> and <c>DELETE /_admin/faults</c>).
/// </summary>
public sealed class SimulatedAppliance : IAsyncDisposable
{
    private const string Api = "/api/v1/";
    private readonly SimulatorOptions options;
    private readonly ConcurrentQueue<LedgerEntry> ledger = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> tokens = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> refreshes = new();
    private readonly ConcurrentDictionary<string, SimulatedSession> sessions = new();
    private readonly ConcurrentDictionary<ConnectionContext, byte> connections = new();
    private readonly Lock keeping = new();
    private readonly FaultPlan faults;
    private readonly WebApplication app;
    private X509Certificate2 certificate;

    private SimulatedAppliance(SimulatorOptions options)
    {
        this.options = options;
        faults = new FaultPlan(options.Faults.Select(n => new Fault(n)));
        SimulatorState? kept = options.StateFile is { } file ? SimulatorState.Read(file) : null;
        certificate = kept is null ? MakeCertificate() : X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(kept.Certificate), null, X509KeyStorageFlags.Exportable);
        foreach (KeptSession session in kept?.Sessions ?? [])
        {
            if (Find(session.Repository) is { } repository)
            {
                sessions[session.Id] = SimulatedSession.From(session, repository);
            }
        }

        Keep();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, options.Port, l =>
        {
            l.Use(next => async connection =>
            {
                connections.TryAdd(connection, 0);
                try
                {
                    await next(connection).ConfigureAwait(false);
                }
                finally
                {
                    connections.TryRemove(connection, out _);
                }
            });
            l.UseHttps((_, _, _, _) => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = certificate }), null!);
        }));
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>https://127.0.0.1:PORT.</summary>
    public Uri BaseAddress => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>SHA-256 thumbprint of the certificate now in use.</summary>
    public string Thumbprint => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<LedgerEntry> Ledger => [.. ledger];

    private DateTimeOffset Now => options.Time.GetUtcNow();

    /// <summary>Starts it.</summary>
    /// <exception cref="ArgumentException">A fault's name is unknown.</exception>
    public static async Task<SimulatedAppliance> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        SimulatedAppliance appliance = new(options);
        await appliance.app.StartAsync(cancellationToken).ConfigureAwait(false);
        return appliance;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync().ConfigureAwait(false);
        certificate.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
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

    private static async Task<int> ProblemAsync(HttpContext http, int status, string code, string details, string type = "error")
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(
            new { type = "https://docs.example/problems/" + type, title = code, status, errorCode = code, details }, options: null, "application/problem+json").ConfigureAwait(false);
        return status;
    }

    private static async Task<int> JsonAsync(HttpContext http, object body, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        await http.Response.WriteAsJsonAsync(body).ConfigureAwait(false);
        return status;
    }

    private async Task HandleAsync(HttpContext http)
    {
        string path = http.Request.Path.Value ?? "";
        if (path == "/_ledger")
        {
            await http.Response.WriteAsJsonAsync(Ledger).ConfigureAwait(false);
            return;
        }

        if (path == "/_admin/faults")
        {
            await ChangeFaultsAsync(http).ConfigureAwait(false);
            return;
        }

        http.Response.Headers.Date = Now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        string kind = path.StartsWith(Api, StringComparison.Ordinal) ? KindOf(path[Api.Length..]) : "other";
        int status = 0;
        try
        {
            status = await AnswerAsync(http, kind, path).ConfigureAwait(false);
        }
        finally
        {
            ledger.Enqueue(new LedgerEntry(Now, kind, http.Request.Method, path, status, http.Connection.Id));
        }
    }

    private async Task ChangeFaultsAsync(HttpContext http)
    {
        if (HttpMethods.IsDelete(http.Request.Method))
        {
            faults.Clear();
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        try
        {
            faults.Add(await http.Request.ReadFromJsonAsync<Fault>().ConfigureAwait(false) ?? throw new ArgumentException("A fault is needed."));
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            await ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", e.Message).ConfigureAwait(false);
        }
    }

    private async Task<int> AnswerAsync(HttpContext http, string kind, string path)
    {
        string? fault = faults.Take(kind);
        switch (fault)
        {
            case "slow":
                await Task.Delay(TimeSpan.FromSeconds(3), http.RequestAborted).ConfigureAwait(false);
                break;
            case "drop-before":
                http.Abort();
                return 0;
            case "expired-token":
                tokens.Clear();
                refreshes.Clear();
                break;
            case "throttled":
                http.Response.Headers.RetryAfter = "3";
                return await ProblemAsync(http, StatusCodes.Status429TooManyRequests, "TooManyRequests", "Slow down.").ConfigureAwait(false);
            case "throttled-date":
                http.Response.Headers.RetryAfter = Now.AddSeconds(4).UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
                return await ProblemAsync(http, StatusCodes.Status429TooManyRequests, "TooManyRequests", "Slow down.").ConfigureAwait(false);
            case "unavailable":
                return await ProblemAsync(http, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", "The service is restarting.").ConfigureAwait(false);
            case "html":
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html><body>Gateway</body></html>").ConfigureAwait(false);
                return 200;
            case "malformed-json":
                http.Response.ContentType = "application/json";
                await http.Response.WriteAsync("{\"id\": \"").ConfigureAwait(false);
                return 200;
            case "redirect":
                http.Response.Redirect("https://elsewhere.example/login");
                return 302;
            case "wrong-role":
                return await ProblemAsync(http, StatusCodes.Status403Forbidden, "AccessDenied", "The account needs the role Portal Operator.").ConfigureAwait(false);
            case "purged":
                sessions.Clear();
                Keep();
                break;
            case "new-certificate":
                certificate = MakeCertificate();
                Keep();
                foreach (ConnectionContext connection in connections.Keys)
                {
                    connection.Abort();
                }

                return 0;
        }

        string revision = http.Request.Headers["x-api-version"].ToString();
        if (revision.Length == 0)
        {
            return await ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", "x-api-version is required.", "apiVersionUnspecified").ConfigureAwait(false);
        }

        if (fault == "no-rescan" || !options.Revisions.Contains(revision))
        {
            return await ProblemAsync(http, StatusCodes.Status400BadRequest, "UnexpectedContent", $"Revision {revision} is not supported.", "unsupportedApiVersion").ConfigureAwait(false);
        }

        if (kind == "token")
        {
            return await TokenAsync(http, fault).ConfigureAwait(false);
        }

        string bearer = http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        if (!tokens.TryGetValue(bearer, out DateTimeOffset expires) || expires <= Now)
        {
            return await ProblemAsync(http, StatusCodes.Status401Unauthorized, "ExpiredToken", "The token is unknown or has expired.").ConfigureAwait(false);
        }

        int status = await ServeAsync(http, path[(path.StartsWith(Api, StringComparison.Ordinal) ? Api.Length : 0)..], fault).ConfigureAwait(false);
        if (fault == "drop-after")
        {
            http.Abort();
            return 0;
        }

        return status;
    }

    private async Task<int> TokenAsync(HttpContext http, string? fault)
    {
        if (HttpMethods.IsDelete(http.Request.Method))
        {
            tokens.TryRemove(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal), out _);
            return http.Response.StatusCode = StatusCodes.Status204NoContent;
        }

        IFormCollection form = await http.Request.ReadFormAsync().ConfigureAwait(false);
        bool known = form["grant_type"].ToString() switch
        {
            "password" => fault != "wrong-password" && form["username"] == options.Username && form["password"] == options.Password,
            "refresh_token" => refreshes.TryRemove(form["refresh_token"].ToString(), out DateTimeOffset until) && until > Now,
            _ => false,
        };
        if (!known)
        {
            return await ProblemAsync(http, StatusCodes.Status401Unauthorized, "InvalidToken", "The user name or password is incorrect.").ConfigureAwait(false);
        }

        if (fault == "mfa")
        {
            return await JsonAsync(http, new { access_token = "", mfa_enabled = true, mfa_token = Guid.NewGuid().ToString("N") }).ConfigureAwait(false);
        }

        string access = Guid.NewGuid().ToString("N");
        string refresh = Guid.NewGuid().ToString("N");
        tokens[access] = Now + options.TokenLifetime;
        refreshes[refresh] = Now + options.TokenLifetime + TimeSpan.FromHours(1);
        return await JsonAsync(http, new Dictionary<string, object?>
        {
            ["access_token"] = access, ["token_type"] = "bearer", ["refresh_token"] = refresh, ["expires_in"] = (int)options.TokenLifetime.TotalSeconds,
            ["username"] = options.Username, ["roleName"] = "Portal Operator", ["mfa_enabled"] = false,
        }).ConfigureAwait(false);
    }

    private async Task<int> ServeAsync(HttpContext http, string path, string? fault)
    {
        string method = http.Request.Method;
        switch (path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["system", "version"]:
                return await JsonAsync(http, new { about = "Veeam Backup for AWS (simulated)", version = options.ProductVersion }).ConfigureAwait(false);
            case ["repositories"]:
                int offset = int.TryParse(http.Request.Query["Offset"], CultureInfo.InvariantCulture, out int o) ? o : 0;
                int limit = int.TryParse(http.Request.Query["Limit"], CultureInfo.InvariantCulture, out int l) && l >= 0 ? l : 100;
                return await JsonAsync(http, new { totalCount = options.Repositories.Count, results = options.Repositories.Skip(offset).Take(limit).Select(Describe) }).ConfigureAwait(false);
            case ["repositories", var id] when Find(id) is { } repository:
                return await JsonAsync(http, Describe(repository)).ConfigureAwait(false);
            case ["repositories", var id, "rescan"] when HttpMethods.IsPost(method) && Find(id) is { } repository:
                if (fault == "no-session-id")
                {
                    return await JsonAsync(http, new { }, StatusCodes.Status202Accepted).ConfigureAwait(false);
                }

                SimulatedSession session = new(repository, Now, options.SessionDuration, options.Outcome);
                sessions[session.Id] = session;
                Keep();
                if (fault == "drop-after")
                {
                    return 0;
                }

                return await JsonAsync(http, new { sessionId = session.Id }, StatusCodes.Status202Accepted).ConfigureAwait(false);
            case ["sessions"]:
                DateTimeOffset from = DateTimeOffset.TryParse(http.Request.Query["FromUtc"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset f) ? f : DateTimeOffset.MinValue;
                List<SimulatedSession> listed = [.. sessions.Values.Where(s => s.Start >= from).OrderByDescending(s => s.Start)];
                return await JsonAsync(http, new { totalCount = listed.Count, results = listed.Select(s => s.Describe(Now)) }).ConfigureAwait(false);
            case ["sessions", var id] when sessions.TryGetValue(id, out SimulatedSession? found):
                return await JsonAsync(http, found.Describe(Now)).ConfigureAwait(false);
            case ["sessions", var id, "log"] when sessions.TryGetValue(id, out SimulatedSession? found):
                IEnumerable<object> log = fault == "huge-log"
                    ? Enumerable.Range(0, 50_000).Select(_ => (object)new { logTime = "2026-01-01T00:00:00", status = "Success", message = new string('x', 1000) })
                    : found.Log(Now);
                return await JsonAsync(http, new { sessionId = id, log }).ConfigureAwait(false);
            case ["sessions", var id, "stop"] when HttpMethods.IsPost(method) && sessions.TryGetValue(id, out SimulatedSession? found):
                found.Stop(Now);
                Keep();
                return http.Response.StatusCode = StatusCodes.Status202Accepted;
            default:
                return await ProblemAsync(http, StatusCodes.Status404NotFound, "NotFound", $"{method} {path} is not known.").ConfigureAwait(false);
        }
    }

    private static object Describe(SimulatedRepository r) => new
    {
        id = r.Id, name = r.Name, description = "", amazonStorageFolder = r.Folder, amazonBucketId = r.Bucket, enableEncryption = false,
        _embedded = new { bucket = new { name = r.Bucket } },
    };

    /// <summary>Keeps what a restart must not lose, before anybody is told of it.</summary>
    private void Keep()
    {
        if (options.StateFile is { } file)
        {
            lock (keeping)
            {
                SimulatorState.Write(file, certificate, sessions.Values);
            }
        }
    }

    private SimulatedRepository? Find(string id) => options.Repositories.FirstOrDefault(r => string.Equals(r.Id, id, StringComparison.OrdinalIgnoreCase));
}
