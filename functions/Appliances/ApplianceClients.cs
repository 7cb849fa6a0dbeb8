using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>One client an appliance for the life of the process, so that its token and its connection are shared by all rescans.</summary>
internal sealed class ApplianceClients : IApplianceClients
{
    private readonly Dictionary<string, IApplianceClient> clients;

    public ApplianceClients(
        IOptions<RescanOptions> options, IHttpClientFactory http, CertificatesSeen certificates, PasswordSource passwords,
        TimeProvider time)
    {
        Names = [.. options.Value.Appliances.Select(a => a.Name)];
        clients = options.Value.Appliances.Select((appliance, index) => (appliance, index)).ToDictionary(
            a => a.appliance.Name,
            a => ApplianceProducts.Of(a.appliance).CreateClient(
                a.appliance, http.CreateClient(ApplianceHttp.NameOf(a.index)), () => certificates.Of(a.appliance.Name),
                cancellation => passwords.ReadAsync(a.appliance, cancellation), time),
            StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public IApplianceClient Get(string appliance) => clients.TryGetValue(appliance, out IApplianceClient? client)
        ? client
        : throw new UnknownApplianceException($"No appliance is named '{appliance}'. Configured: {string.Join(", ", Names)}.");
}
