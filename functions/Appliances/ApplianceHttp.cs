using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>Registers one named HTTP client an appliance: its own pins, one connection kept open, short hiccups repeated at once.</summary>
internal static class ApplianceHttp
{
    private const int Repeats = 2;

    /// <summary>The limit of one attempt of a call that may be repeated.</summary>
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(30);

    /// <summary>The limit of a whole call, repeats and body included.</summary>
    public static TimeSpan CallLimit { get; } = TimeSpan.FromSeconds(100);

    /// <summary>Name of the HTTP client of an appliance by its place in the settings.</summary>
    public static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"appliance-{index}");

    public static void AddApplianceHttp(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddTransient<CountingHandler>();
        services.AddSingleton<CertificatesSeen>();

        services.AddSingleton<ApplianceAvailability>();

        // Every attempt would be a line, and its failure a stack. What matters is said once: by the appliance's availability.
        services.AddLogging(log => log.AddFilter("Polly", LogLevel.None));
        int appliances = configuration.GetSection($"{RescanOptions.Section}:{nameof(RescanOptions.Appliances)}").GetChildren().Count();
        for (int index = 0; index < appliances; index++)
        {
            Add(services, index);
        }
    }

    private static void Add(IServiceCollection services, int index)
    {
        IHttpClientBuilder builder = services.AddHttpClient(NameOf(index), (provider, http) =>
        {
            http.BaseAddress = ApplianceAddress.ApiOf(Settings(provider, index).BaseUrl!);
            http.Timeout = CallLimit;
        });

        // Its log would repeat every request; what matters is said by the rescan.
        builder.RemoveAllLoggers();
        TlsObserver tls = new();
        builder.ConfigurePrimaryHttpMessageHandler(
            provider => Handler(Settings(provider, index), tls, provider.GetRequiredService<CertificatesSeen>()));

        // The handler keeps its connection; the pool looks the address up anew by itself.
        builder.SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        builder.AddHttpMessageHandler(
            provider => new AvailabilityHandler(Settings(provider, index).Name, provider.GetRequiredService<ApplianceAvailability>()));
        builder.AddResilienceHandler("hiccups", pipeline => pipeline
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = Repeats,
                Delay = TimeSpan.FromMilliseconds(300),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldRetryAfterHeader = false,
                ShouldHandle = arguments => ValueTask.FromResult(IsHiccup(arguments.Context.GetRequestMessage(), arguments.Outcome)),
            })
            .AddTimeout(new HttpTimeoutStrategyOptions
            {
                TimeoutGenerator = arguments => ValueTask.FromResult(
                    CallOf(arguments.Context.GetRequestMessage()) is { MayRepeat: true } ? AttemptLimit : CallLimit),
            }));
        builder.AddHttpMessageHandler<CountingHandler>();
        builder.AddHttpMessageHandler(
            provider => new TelemetryHandler(Settings(provider, index).Name, provider.GetRequiredService<ApplianceMetrics>()));
        builder.AddHttpMessageHandler(() => new TlsDiagnosisHandler(tls));
    }

    private static ApplianceOptions Settings(IServiceProvider provider, int index) =>
        provider.GetRequiredService<IOptions<RescanOptions>>().Value.Appliances[index];

    private static SocketsHttpHandler Handler(ApplianceOptions appliance, TlsObserver tls, CertificatesSeen seen) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        UseCookies = false,

        // Spans are made by our own handler, and no context of ours is an appliance's business.
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(30),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(15),
        ConnectTimeout = TimeSpan.FromSeconds(15),
#pragma warning disable CA5359 // It throws where it does not accept.
        SslOptions =
        {
            RemoteCertificateValidationCallback = new CertificatePins(appliance.Thumbprints, c => seen.Add(appliance.Name, c)).Accept,
            LocalCertificateSelectionCallback = tls.Select!,
        },
#pragma warning restore CA5359
    };

    private static ApplianceCall? CallOf(HttpRequestMessage? request) =>
        request is not null && request.Options.TryGetValue(ApplianceCall.Key, out ApplianceCall? call) ? call : null;

    /// <summary>
    /// An appliance that says when to come back, or that is throttling, is left alone: the rescan waits with a durable timer.
    /// </summary>
    private static bool IsHiccup(HttpRequestMessage? request, Outcome<HttpResponseMessage> outcome) =>
        CallOf(request) is { MayRepeat: true } && outcome switch
        {
            {
                Exception: HttpRequestException { InnerException: not (UntrustedCertificateException or TlsFailedException) }
                or Polly.Timeout.TimeoutRejectedException
            } => true,
            { Result: { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError, Headers.RetryAfter: null } } =>
                true,
            _ => false,
        };
}
