using Azure.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescan.Functions.Activities;
using Rescan.Functions.Appliance;
using Rescan.Functions.Notifications;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Requests;
using Rescan.Functions.Telemetry;
using Rescan.Functions.Triggers;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Configuration;

/// <summary>Registers the app's services; the Azure worker and the local host both start here.</summary>
public static class RescanServiceCollectionExtensions
{
    /// <summary>Binds and validates the settings under <c>Rescan</c>; faults stop the start, all named at once.</summary>
    public static IServiceCollection AddRescan(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RescanOptions>().Bind(configuration.GetSection(RescanOptions.Section)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, RescanOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, NotificationOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<WebhookOptions>, UnresolvedReferences>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCredential>(_ => new AzureIdentity(configuration));
        services.AddHostedService<IdentityReport>();
        services.TryAddSingleton(_ => VaultSecrets.ClientOptions());
        services.AddRescanTelemetry(configuration);
        services.AddSingleton<VaultSecrets>();
        services.AddSingleton<PasswordSource>();
        services.AddSingleton<NotificationSender>();
        services.AddSingleton<INotifier, Notifier>();
        services.AddApplianceHttp(configuration);
        services.AddSingleton<IChannelTest, ChannelTest>();
        services.AddSingleton<IApplianceClients, ApplianceClients>();
        services.AddSingleton<StartGates>();
        services.AddSingleton<SessionSearch>();
        services.AddSingleton<RescanStarter>();
        services.AddSingleton<RescanReader>();
        services.TryAddSingleton<IRescanStarter>(s => s.GetRequiredService<RescanStarter>());
        services.TryAddSingleton(s => OutcomeStores.Create(s.GetRequiredService<IOptions<RescanOptions>>().Value.Outcomes, configuration, s.GetRequiredService<TokenCredential>()));
        services.TryAddSingleton(s => (IIntentStore)s.GetRequiredService<IOutcomeStore>());
        services.TryAddSingleton(s => (IOutcomeArchive)s.GetRequiredService<IOutcomeStore>());
        services.TryAddSingleton(s => (IRunStore)s.GetRequiredService<IOutcomeStore>());
        services.TryAddSingleton(s => (IReplayStore)s.GetRequiredService<IOutcomeStore>());
        services.TryAddSingleton<OnlyOnce>();
        return services.AddRescanWebhooks(configuration);
    }
}
