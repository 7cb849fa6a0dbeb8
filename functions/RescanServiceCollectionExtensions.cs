using Azure.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
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
using Rescan.Functions.Schedules;
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
            services.AddPeriodicMeasurements();
        }

        services.AddSingleton<PasswordSource>();
        services.AddApplianceHttp(configuration);
        services.AddSingleton<IApplianceClients, ApplianceClients>();
        services.AddSingleton<ApplianceTwins>();
        services.AddSingleton<DistinctAppliances>();
        services.AddSingleton<ApplianceAddressCheck>();
        services.AddHostedService(s => s.GetRequiredService<ApplianceAddressCheck>());
        services.AddSingleton<ProblemBook>();
        services.AddSingleton<INotifier, Notifier>();
        services.AddSingleton<KeyedLock>();
        services.AddSingleton<SessionSearch>();
        services.AddSingleton<RepositoryReader>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RescanOptions>, ScheduleOptionsValidator>());
        services.AddSingleton(s => new SchedulePlan(s.GetRequiredService<IOptions<RescanOptions>>(), configuration));
        services.AddSingleton<ITimerPlan>(s => s.GetRequiredService<SchedulePlan>());
        services.AddSingleton<ScheduleStore>();
        services.AddSingleton<ScheduleTicker>();
        services.AddSingleton<ScheduleReader>();
        services.AddSingleton<PlanReader>();
        services.AddSingleton<LateSession>();
        services.AddSingleton<RescanPost>();
        services.TryAddSingleton<PostLimits>();
        services.TryAddSingleton<IOwnership, AssumedOwnership>();
        services.AddSingleton<RunStarter>();
        services.AddSingleton<RunReader>();
        services.AddSingleton<RunRepeater>();
        services.TryAddSingleton<IRunStarter>(s => s.GetRequiredService<RunStarter>());
        services.AddSingleton<RescanInstances>();
        services.AddSingleton<RescanStarter>();
        services.AddSingleton<RescanReader>();
        services.TryAddSingleton<IRescanStarter>(s => s.GetRequiredService<RescanStarter>());
        services.TryAddSingleton<ITable>(
            s => AzureTable.Of(
                s.GetRequiredService<IOptions<RescanOptions>>().Value.Outcomes, configuration, s.GetRequiredService<TokenCredential>()));
        services.AddSingleton<OutcomeStore>();
        services.AddSingleton<IntentStore>();
        services.AddSingleton<IdentityStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<OutcomeArchive>();
        services.TryAddSingleton<IdempotencyHandler>();
        services.AddHealth();
        return services.AddRescanWebhooks(configuration).AddS3Events(configuration);
    }

    /// <summary>Binds and validates the settings of those who serve the app without Azure.</summary>
    public static IServiceCollection AddServeOptions(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<ServeOptions>().BindReadable(configuration, ServeOptions.Section).PostConfigure(SecretText.ReadAll);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ServeOptions>, ServeOptionsValidator>());
        return services;
    }

    /// <summary>The settings of those who serve the app without Azure, as far as they can be read.</summary>
    public static ServeOptions ReadServeOptions(this IConfiguration configuration)
    {
        ServeOptions options = SettingsBinding.Read<ServeOptions>(configuration, ServeOptions.Section);
        SecretText.ReadAll(options);
        return options;
    }

    /// <summary>The settings under <c>Rescan</c>, as far as they can be read and whether they make sense or not.</summary>
    public static RescanOptions ReadRescanOptions(this IConfiguration configuration) =>
        SettingsBinding.Read<RescanOptions>(configuration, RescanOptions.Section);

    /// <summary>
    /// Registers what sends notifications, and no more: it needs no appliance, and of the settings only those of channels are validated,
    /// and the keys.
    /// </summary>
    public static IServiceCollection AddRescanNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<RescanOptions>().BindReadable(configuration, RescanOptions.Section).PostConfigure(SecretText.ReadAll);
        services.AddSingleton<IValidateOptions<RescanOptions>>(new SettingFaultsValidator(configuration));
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

    /// <summary>
    /// Registers what measures by itself, now and then. It costs requests of the store, so it runs only where metrics are read.
    /// </summary>
    public static IServiceCollection AddPeriodicMeasurements(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LastSuccesses>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HealthMetrics>());
        return services;
    }
}
