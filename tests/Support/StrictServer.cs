using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Tests.Integration.DurableTaskSqlite;

namespace Rescan.Tests.Support;

/// <summary>
/// A second server of Veeam Backup &amp; Replication, written from the documented facts alone and sharing no code with the simulated one:
/// it refuses whatever the facts do not allow, so that a mistake which client and simulator share is found here.
/// </summary>
internal sealed class StrictServer : IAsyncDisposable
{
    public const string User = @"LAB\svc-rescan";
    public const string Password = "p&ss=w+rd %41";

    private static readonly string[] Newest = ["1.3-rev2", "1.3-rev1", "1.3-rev0", "1.2-rev1", "1.2-rev0"];
    private static readonly Dictionary<string, string[]> Queries = new()
    {
        ["/api/v1/backupInfrastructure/repositories"] = ["skip", "limit", "orderColumn", "orderAsc", "nameFilter", "typeFilter"],
        ["/api/v1/sessions"] =
        [
            "skip", "limit", "orderColumn", "orderAsc", "nameFilter", "createdAfterFilter", "createdBeforeFilter", "endedAfterFilter",
            "endedBeforeFilter",
            "typeFilter", "stateFilter", "resultFilter", "jobIdFilter",
        ],
    };

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, DateTimeOffset> access = new();
    private readonly ConcurrentDictionary<string, byte> refresh = new();
    private int bad;

    private StrictServer(WebApplication app, string thumbprint)
    {
        this.app = app;
        Thumbprint = thumbprint;
    }

    public string Thumbprint { get; }

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IReadOnlyList<string> Revisions { get; set; } = Newest;

    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromSeconds(900);

    public TimeSpan SessionDuration { get; set; } = TimeSpan.FromSeconds(2);

    public string Result { get; set; } = "Success";

    /// <summary>The account that asks for another rescan at the moment of the first one; null: none does.</summary>
    public string? AnotherBy { get; set; }

    /// <summary>States shown before Working, one a read.</summary>
    public ConcurrentQueue<string> States { get; } = new();

    /// <summary>Every request: its kind, and its grant_type where it has one.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>What becomes of the next requests of a kind; the string tells which.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<string>> Troubles { get; } = new();

    public ConcurrentDictionary<string, StrictSession> Sessions { get; } = new();

    /// <summary>What was wrong with requests, by the facts.</summary>
    public ConcurrentQueue<string> Violations { get; } = new();

    public static async Task<StrictServer> StartAsync()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=vbr.lab.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        WebApplication app = builder.Build();
        StrictServer server = new(app, certificate.GetCertHashString(HashAlgorithmName.SHA256));
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return server;
    }

    public int Count(string request) => Requests.Count(r => r == request);

    public void Meet(string kind, params string[] troubles) => Troubles[kind] = new ConcurrentQueue<string>(troubles);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static string KindOf(string path) => path switch
    {
        "/api/oauth2/token" => "token",
        "/api/oauth2/logout" => "logout",
        "/api/v1/backupInfrastructure/repositories" => "repositories",
        "/api/v1/backupInfrastructure/repositories/rescan" => "rescan",
        "/api/v1/serverInfo" or "/api/v1/serverTime" or "/swagger/index.js" => "other",
        "/api/v1/sessions" => "sessions",
        _ when path.EndsWith("/logs", StringComparison.Ordinal) => "log",
        _ when path.EndsWith("/stop", StringComparison.Ordinal) => "stop",
        _ when path.StartsWith("/api/v1/sessions/", StringComparison.Ordinal) => "session",
        _ => "unknown",
    };

    private static Task ErrorAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { errorCode = code, message });
    }

    private async Task HandleAsync(HttpContext http)
    {
        string kind = KindOf(http.Request.Path);
        string grant = kind == "token" && http.Request.HasFormContentType
            ? (await http.Request.ReadFormAsync())["grant_type"].ToString()
            : "";
        Requests.Enqueue(grant.Length > 0 ? grant : kind);
        string? trouble = Troubles.TryGetValue(kind, out ConcurrentQueue<string>? queue) && queue.TryDequeue(out string? next)
            ? next
            : null;
        switch (trouble)
        {
            case "drop":
                http.Abort();
                return;
            case "lost":
                http.Response.Body = Stream.Null;
                await AnswerAsync(http, kind);
                http.Abort();
                return;
            case "html":
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync("<html>Sign in to the proxy</html>");
                return;
            case "401":
                access.Clear();
                await AnswerAsync(http, kind);
                return;
            case "restart":
                access.Clear();
                refresh.Clear();
                await AnswerAsync(http, kind);
                return;
            case "vanish":
                Sessions.Clear();
                await AnswerAsync(http, kind);
                return;
            case "wait":
                http.Response.Headers.RetryAfter = "1";
                await ErrorAsync(http, 429, "ServiceUnavailable", "Too many requests.");
                return;
            case not null and not "none":
                await ErrorAsync(http, int.Parse(trouble, CultureInfo.InvariantCulture), "UnknownError", "Something went wrong.");
                return;
            default:
                await AnswerAsync(http, kind);
                return;
        }
    }

    private Task ViolatedAsync(HttpContext http, string what)
    {
        Violations.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}: {what}");
        return ErrorAsync(http, 400, "UnexpectedContent", what);
    }

    private async Task AnswerAsync(HttpContext http, string kind)
    {
        string revision = http.Request.Headers["x-api-version"].ToString();
        if (revision.Length == 0)
        {
            await ViolatedAsync(http, "x-api-version is required on every request.");
            return;
        }

        if (kind == "other" && http.Request.Path == "/swagger/index.js")
        {
            await http.Response.WriteAsync(
                "const urls = [" + string.Join(",", Revisions.Select(r => $"\"/swagger/v{r}/swagger.json\"")) + "];");
            return;
        }

        if (!Revisions.Contains(revision))
        {
            await ErrorAsync(http, 400, "NotImplemented", "Unsupported RESTAPI version.");
            return;
        }

        if (kind == "token")
        {
            await GrantAsync(http);
            return;
        }

        if (http.Request.Path == "/api/v1/serverTime")
        {
            await http.Response.WriteAsJsonAsync(new { serverTime = StrictSession.Text(DateTimeOffset.UtcNow), timeZone = "Pacific" });
            return;
        }

        string bearer = http.Request.Headers.Authorization.ToString();
        if (!bearer.StartsWith("Bearer ", StringComparison.Ordinal) || !access.TryGetValue(bearer[7..], out DateTimeOffset until)
            || until < DateTimeOffset.UtcNow)
        {
            await ErrorAsync(http, 401, "ExpiredToken", "The token has expired.");
            return;
        }

        foreach (string name in http.Request.QueryString.Value!.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=')[0]))
        {
            if (!Queries.GetValueOrDefault(http.Request.Path.Value!, []).Contains(name))
            {
                await ViolatedAsync(http, $"The query '{name}' is not known; names are case-sensitive.");
                return;
            }
        }

        await ServeAsync(http, kind, revision);
    }

    private async Task GrantAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
        {
            await ViolatedAsync(http, "The token request is a form.");
            return;
        }

        IFormCollection form = await http.Request.ReadFormAsync();
        switch (form["grant_type"].ToString())
        {
            case "refresh_token" when refresh.TryRemove(form["refresh_token"].ToString(), out _):
                break;
            case "refresh_token":
                await ErrorAsync(http, 401, "InvalidToken", "The refresh token is not valid.");
                return;
            case "password" when bad < 3 && form["username"] == User && form["password"] == Password:
                bad = 0;
                break;
            case "password":
                bad++;
                await ErrorAsync(http, 401, "AccessDenied", "Access denied.");
                return;
            default:
                await ViolatedAsync(http, "The grant_type is not known.");
                return;
        }

        string token = Guid.NewGuid().ToString("N");
        string renewal = Guid.NewGuid().ToString("N");
        access[token] = DateTimeOffset.UtcNow + TokenLifetime;
        refresh[renewal] = 0;
        await http.Response.WriteAsJsonAsync(new Dictionary<string, object>
        {
            ["access_token"] = token, ["token_type"] = "bearer", ["refresh_token"] = renewal,
            ["expires_in"] = (int)TokenLifetime.TotalSeconds,
            [".issued"] = "2026-08-25T14:09:03", [".expires"] = "2026-08-25T14:24:03",
        });
    }

    private Task ServeAsync(HttpContext http, string kind, string revision)
    {
        string[] path = http.Request.Path.Value!.Split('/');
        switch (http.Request.Method, kind)
        {
            case ("GET", "other"):
                return http.Response.WriteAsJsonAsync(
                    new { vbrId = Guid.NewGuid(), name = "vbr", buildVersion = "13.1.0.411", patches = Array.Empty<string>() });
            case ("GET", "repositories"):
                return PageAsync(http, Repositories());
            case ("GET", "sessions"):
                return PageAsync(http, Listed(http.Request.Query, revision));
            case ("POST", "rescan"):
                return RescanAsync(http, revision);
            case ("GET", "session") when Sessions.TryGetValue(path[^1], out StrictSession? session):
                return http.Response.WriteAsJsonAsync(session.Describe(revision, States.TryDequeue(out string? shown) ? shown : null));
            case ("GET", "log") when Sessions.TryGetValue(path[^2], out StrictSession? session):
                return http.Response.WriteAsJsonAsync(session.Log(revision));
            case ("POST", "stop") when Sessions.TryGetValue(path[^2], out StrictSession? session):
                session.Stop();
                return http.Response.WriteAsJsonAsync(new { });
            case ("POST", "logout"):
                return http.Response.WriteAsJsonAsync(new { });
            default:
                return ErrorAsync(http, 404, "NotFound", "The resource was not found.");
        }
    }

    private static object[] Repositories() =>
    [
        .. Enumerable.Range(1, 450).Select(i => (object)new
        {
            id = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{451 - i:x12}"),
            name = string.Create(CultureInfo.InvariantCulture, $"Repository {451 - i:00}"), description = "",
            type = "S3Compatible", account = new { servicePoint = "https://s3.lab.example", regionId = "us-east-1" },
            bucket = new
            {
                bucketName = "lab", folderName = string.Create(CultureInfo.InvariantCulture, $"r{451 - i}"),
                immutability = new { isEnabled = true },
            },
        }),
    ];

    private IEnumerable<object> Listed(IQueryCollection query, string revision)
    {
        DateTimeOffset since = query["createdAfterFilter"].ToString() is { Length: > 0 } after
            ? DateTimeOffset.Parse(after, CultureInfo.InvariantCulture)
            : default;
        StrictSession own = new(DateTimeOffset.UtcNow.AddSeconds(-1), TimeSpan.FromSeconds(30), "Success", "SYSTEM");
        return [own.Describe(revision, null),
            .. Sessions.Values.Where(s => s.Created >= since).OrderByDescending(s => s.Created).Select(s => s.Describe(revision, null))];
    }

    private async Task RescanAsync(HttpContext http, string revision)
    {
        if (revision == "1.2-rev0")
        {
            await ErrorAsync(http, 404, "NotFound", "The resource was not found.");
            return;
        }

        JsonElement body = http.Request.HasJsonContentType() ? await http.Request.ReadFromJsonAsync<JsonElement>() : default;
        if (body.ValueKind != JsonValueKind.Object || body.EnumerateObject().Count() != 1
            || !body.TryGetProperty("repositoryIds", out JsonElement ids)
            || ids.GetArrayLength() != 1 || !ids[0].TryGetGuid(out Guid id))
        {
            await ViolatedAsync(http, "The body is {\"repositoryIds\": [one uuid]}.");
            return;
        }

        if (!id.ToString().StartsWith("00000000-0000-4000-8000-", StringComparison.Ordinal))
        {
            await ErrorAsync(http, 404, "NotFound", "The repository was not found.");
            return;
        }

        StrictSession session = new(DateTimeOffset.UtcNow, SessionDuration, Result, User);
        if (AnotherBy is { } account && Sessions.IsEmpty)
        {
            StrictSession other = new(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1), "Success", account);
            Sessions[other.Id] = other;
        }

        Sessions[session.Id] = session;
        http.Response.StatusCode = 201;
        await http.Response.WriteAsJsonAsync(session.Describe(revision, null));
    }

    private static Task PageAsync(HttpContext http, IEnumerable<object> rows)
    {
        object[] all = [.. rows];
        int skip = int.TryParse(http.Request.Query["skip"], out int from) ? from : 0;
        int limit = int.TryParse(http.Request.Query["limit"], out int most) ? most : 200;
        object[] data = [.. all.Skip(skip).Take(limit)];
        return http.Response.WriteAsJsonAsync(new { data, pagination = new { total = all.Length, count = data.Length, skip, limit } });
    }
}
