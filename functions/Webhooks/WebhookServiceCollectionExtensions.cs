using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Webhooks;

/// <summary>Registers the hooks' services.</summary>
internal static class WebhookServiceCollectionExtensions
{
    public static IServiceCollection AddRescanWebhooks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WebhookOptions>().Bind(configuration.GetSection(WebhookOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>());
        services.TryAddKeyedSingleton(SnsHttp.Name, (_, _) => SnsHttp.Create());
        services.TryAddSingleton<ISnsCertificateSource>(s => new HttpSnsCertificateSource(s.GetRequiredKeyedService<HttpClient>(SnsHttp.Name), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ISnsSubscriptions>(s => new SnsSubscriptions(s.GetRequiredKeyedService<HttpClient>(SnsHttp.Name)));
        services.TryAddSingleton<IRepositoryDirectory, RepositoryDirectory>();
        services.TryAddSingleton<S3TouchGate>();
        services.TryAddSingleton<RescanHook>();
        services.TryAddSingleton<S3Hook>();
        return services;
    }
}
