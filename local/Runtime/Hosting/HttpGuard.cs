using System.Globalization;
using System.Net.Http.Headers;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// What the Functions platform does in front of an app in Azure, done here: keys, limits, a rate for each client, headers that keep
/// browsers careful, problem details for whatever the app never sees, and a line in the log for every refusal.
/// </summary>
internal sealed class HttpGuard(LocalHostOptions options)
{
    private const long MaxRequestBody = 256 * 1024;
    private const int MaxPathLogged = 200;
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(20);

    private readonly SecretKeys keys = new(options.Keys.Select(k => k.Key));

    // Not before the app's own check of its settings, which names all that is wrong with them.
    private readonly Lazy<RequestSource> source = new(() => new RequestSource(options));
    private readonly ConnectionLimits connections = new(options.Connections);

    /// <summary>The server's own limits; a body slower than 4 KiB a second is given up after five.</summary>
    public void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
        kestrel.Limits.KeepAliveTimeout = SilentFor;
        kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
        kestrel.ConfigureEndpointDefaults(connections.Guard);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));
    }

    public void Register(IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (context, _) =>
        {
            TimeSpan wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan told) ? told : TimeSpan.FromSeconds(1);
            context.HttpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(
                CultureInfo.InvariantCulture);
            return ValueTask.CompletedTask;
        };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext,
        string>(http => RateLimitPartition.GetTokenBucketLimiter(ClientOf(http), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.RequestBurst,
            TokensPerPeriod = options.RequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        }));
    });

    /// <summary>Everything that stands before the functions.</summary>
    public void Use(WebApplication app)
    {
        _ = source.Value;
        RefusalLog log = new(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Rescan.Http"));
        app.Use(async (http, next) =>
        {
            http.Response.OnStarting(() =>
            {
                Protect(http.Response.Headers);
                return Task.CompletedTask;
            });
            await next(http);
            if (http.Response.StatusCode >= StatusCodes.Status400BadRequest)
            {
                log.Refused(
                    http.Request.Method, Shorten(http.Request.Path.Value ?? ""), http.Response.StatusCode, ClientOf(http),
                    Problems.TraceIdOf(http));
            }
        });
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = e => e is Microsoft.AspNetCore.Http.BadHttpRequestException bad
                ? bad.StatusCode
                : StatusCodes.Status500InternalServerError,
            ExceptionHandler = http => WriteAsync(
                http,
                http.Features.Get<IExceptionHandlerFeature>()?.Error is Microsoft.AspNetCore.Http.BadHttpRequestException bad
                    ? bad.StatusCode
                    : StatusCodes.Status500InternalServerError),
        });
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode));
        app.Use(async (http, next) =>
        {
            if (source.Value.Refuse(http.Request) is { } status)
            {
                http.Response.StatusCode = status;
                return;
            }

            using (ConnectionLimits.Begin(http))
            {
                await next(http);
            }
        });
        app.UseRateLimiter();
    }

    /// <summary>
    /// Whether the caller shows one of the keys, where any is asked for; if so, the request knows by which. Without keys everybody on this
    /// machine is let in.
    /// </summary>
    public bool Admits(HttpRequest request)
    {
        Caller caller = Caller.Unnamed;
        if (!keys.IsEmpty)
        {
            int found = keys.Find(
                request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? BearerOf(request));
            if (found < 0)
            {
                return false;
            }

            caller = options.Keys[found].Caller;
        }

        request.HttpContext.Features.Set(caller);
        return true;
    }

    /// <summary>Lets only callers through who are admitted.</summary>
    public IApplicationBuilder Lock(IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (Admits(http.Request))
        {
            return next(http);
        }

        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    });

    /// <summary>Prometheus before version 3 sends no header of one's own choice but this one.</summary>
    private static string? BearerOf(HttpRequest request) =>
        AuthenticationHeaderValue.TryParse(request.Headers.Authorization.FirstOrDefault(), out AuthenticationHeaderValue? shown)
        && string.Equals(shown.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase) ? shown.Parameter : null;

    private static void Protect(IHeaderDictionary headers)
    {
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        headers.TryAdd("X-Frame-Options", "DENY");
        headers.TryAdd("Referrer-Policy", "no-referrer");
        headers.TryAdd("Cross-Origin-Resource-Policy", "same-origin");
        headers.TryAdd("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        headers.TryAdd("Cache-Control", "no-store");
    }

    private static Task WriteAsync(HttpContext http, int status)
    {
        HttpResponse response = http.Response;
        if (status == StatusCodes.Status405MethodNotAllowed && HttpMethods.IsOptions(http.Request.Method))
        {
            // Which methods there are is told by Allow; other origins are not let in.
            response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return Problems.WriteAsync(http, status, DetailOf(status, response));
    }

    private static string DetailOf(int status, HttpResponse response) => status switch
    {
        StatusCodes.Status401Unauthorized => "A function key is needed, in the header x-functions-key or as a bearer token.",
        StatusCodes.Status403Forbidden => "A page of another site may not do this; Rescan__AllowedOrigins__0 lets one.",
        StatusCodes.Status404NotFound => "There is nothing at this address; /api/openapi.json tells what there is.",
        StatusCodes.Status405MethodNotAllowed => $"This address takes {response.Headers.Allow}.",
        StatusCodes.Status408RequestTimeout => "The request came too slowly.",
        StatusCodes.Status413PayloadTooLarge => $"The body is larger than {MaxRequestBody / 1024} KiB.",
        StatusCodes.Status421MisdirectedRequest => "Nothing is served under this host name; Rescan__AllowedHosts__0 adds one.",
        StatusCodes.Status429TooManyRequests => $"Too many requests from this client; ask again after {response.Headers.RetryAfter} s.",
        >= StatusCodes.Status500InternalServerError => "Something went wrong here; the log tells more under this traceId.",
        _ => "The request is not in order.",
    };

    private static string Shorten(string path) => path.Length <= MaxPathLogged ? path : path[..MaxPathLogged] + "…";

    private static string ClientOf(HttpContext http) => ClientAddress.Of(http.Connection.RemoteIpAddress);
}
