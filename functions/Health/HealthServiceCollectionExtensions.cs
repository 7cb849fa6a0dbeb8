using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Health;

/// <summary>Registers what readiness looks at.</summary>
internal static class HealthServiceCollectionExtensions
{
    public static void AddHealth(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddSingleton<IReadinessCheck>(s => new ScheduleReadiness(s.GetRequiredService<RunStore>(), configuration, s.GetRequiredService<TimeProvider>()));
    }
}
