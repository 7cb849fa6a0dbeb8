using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Webhooks;

/// <summary>Registers the signed hook's services.</summary>
internal static class WebhooksServiceCollectionExtensions
{
    public static IServiceCollection AddRescanWebhooks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WebhookOptions>().BindReadable(configuration, WebhookOptions.Section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>());
        services.AddSingleton<IPostConfigureOptions<WebhookOptions>>(s => new SecretSettings<WebhookOptions>(
            "Rescan__Webhooks__Secrets", o => o.Secrets, s.GetRequiredService<ILogger<SecretSettings<WebhookOptions>>>()));
        services.TryAddSingleton<RescanHook>();
        return services;
    }
}
