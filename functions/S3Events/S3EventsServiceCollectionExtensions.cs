using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.S3Events.Sns;

namespace Rescan.Functions.S3Events;

/// <summary>Registers the services of the hook for S3 events.</summary>
internal static class S3EventsServiceCollectionExtensions
{
    public static IServiceCollection AddS3Events(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<S3HookOptions>().BindReadable(configuration, S3HookOptions.Section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<S3HookOptions>, S3HookOptionsValidator>());
        services.AddSingleton<IPostConfigureOptions<S3HookOptions>>(s => new SecretSettings<S3HookOptions>(
            "Rescan__Webhooks__S3__ApiKeys", o => o.ApiKeys, s.GetRequiredService<ILogger<SecretSettings<S3HookOptions>>>()));
        services.TryAddKeyedSingleton(SnsHttp.Name, (_, _) => SnsHttp.Create());
        services.TryAddSingleton<ISnsCertificateSource>(
            s => new HttpSnsCertificateSource(s.GetRequiredKeyedService<HttpClient>(SnsHttp.Name), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ISnsSubscriptions>(s => new SnsSubscriptions(s.GetRequiredKeyedService<HttpClient>(SnsHttp.Name)));
        services.TryAddSingleton<IRepositoryDirectory, RepositoryDirectory>();
        services.TryAddSingleton<S3EventThrottle>();
        services.TryAddSingleton<S3Hook>();
        return services;
    }
}
