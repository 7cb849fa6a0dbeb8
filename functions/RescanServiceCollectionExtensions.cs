using Azure.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Health;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.S3Events;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Functions.Telemetry;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions;

/// <summary>Registers the app's services; the Azure worker and the local host both start here.</summary>
public static class RescanServiceCollectionExtensions
{
    /// <summary>Binds and validates the settings under <c>Rescan</c>; faults stop the start, all named at once.</summary>
    public static IServiceCollection AddRescan(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddRescanNotifications(configuration);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, RescanOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, ApplianceOptionsValidator>());
        services.AddHostedService<IdentityReport>();
        services.AddRescanTelemetry(configuration);
        services.AddSingleton<ApplianceMetrics>();
        services.AddSingleton<RescanMetrics>();
        if (configuration.IsTelemetrySet())
        {
            services.AddHostedService<LastSuccesses>();
        }

        services.AddSingleton<PasswordSource>();
        services.AddApplianceHttp(configuration);
        services.AddSingleton<IApplianceClients, ApplianceClients>();
        services.AddHostedService<ApplianceAddressCheck>();
        services.AddSingleton<ProblemBook>();
        services.AddSingleton<INotifier, Notifier>();
        services.AddSingleton<KeyedLock>();
        services.AddSingleton<SessionSearch>();
        services.AddSingleton<RepositoryReader>();
        services.AddSingleton(new NightlySchedule(configuration));
        services.AddSingleton<ScheduleReader>();
        services.AddSingleton<RescanPost>();
        services.TryAddSingleton<PostLimits>();
        services.TryAddSingleton<IOwnership, AssumedOwnership>();
        services.AddSingleton<RunStarter>();
        services.TryAddSingleton<IRunStarter>(s => s.GetRequiredService<RunStarter>());
        services.AddSingleton<RescanInstances>();
        services.AddSingleton<RescanStarter>();
        services.AddSingleton<RescanReader>();
        services.TryAddSingleton<IRescanStarter>(s => s.GetRequiredService<RescanStarter>());
        services.TryAddSingleton<ITable>(s => AzureTable.Of(s.GetRequiredService<IOptions<RescanOptions>>().Value.Outcomes, configuration, s.GetRequiredService<TokenCredential>()));
        services.AddSingleton<OutcomeStore>();
        services.AddSingleton<IntentStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<OutcomeArchive>();
        services.TryAddSingleton<IdempotencyHandler>();
        services.AddHealth();
        return services.AddRescanWebhooks(configuration).AddS3Events(configuration);
    }

    /// <summary>Registers what sends notifications, and no more: it needs no appliance, and only the settings of channels are validated.</summary>
    public static IServiceCollection AddRescanNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<RescanOptions>().Bind(configuration.GetSection(RescanOptions.Section)).PostConfigure(SecretText.ReadAll).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, NotificationOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCredential>(_ => new AzureIdentity(configuration));
        services.TryAddSingleton(_ => VaultSecrets.ClientOptions());
        services.AddSingleton<VaultSecrets>();
        services.AddSingleton<ChannelSecrets>();
        services.AddSingleton<ChannelHttp>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<NotificationSender>();
        return services.AddSingleton<IChannelTest, ChannelTest>();
    }
}
