using Microsoft.Extensions.DependencyInjection;

namespace Rescan.Functions.Health;

/// <summary>Registers what readiness looks at.</summary>
internal static class HealthServiceCollectionExtensions
{
    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddSingleton<IReadinessCheck, ScheduleReadiness>();
    }
}
