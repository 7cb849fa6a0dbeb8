using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliance;

/// <summary>One client an appliance for the life of the process, so that its token and its connection are shared by all rescans.</summary>
internal sealed class ApplianceClients : IApplianceClients, IDisposable
{
    private readonly Dictionary<string, ApplianceClient> clients;

    public ApplianceClients(IOptions<RescanOptions> options, PasswordSource passwords, TimeProvider time)
    {
        Names = [.. options.Value.Appliances.Select(a => a.Name)];
        clients = options.Value.Appliances.ToDictionary(
            a => a.Name,
            a => new ApplianceClient(a, cancellation => passwords.ReadAsync(a, cancellation), time),
            StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public IApplianceClient Get(string appliance) => clients.TryGetValue(appliance, out ApplianceClient? client)
        ? client
        : throw new UnknownApplianceException($"No appliance is named '{appliance}'. Configured: {string.Join(", ", Names)}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ApplianceClient client in clients.Values)
        {
            client.Dispose();
        }
    }
}
