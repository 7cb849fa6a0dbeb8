using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>Refuses the start where two appliances' names lead to one address: every repository would be rescanned twice.</summary>
/// <param name="options">The settings.</param>
public sealed class ApplianceAddressCheck(IOptions<RescanOptions> options) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IList<ApplianceOptions> appliances = options.Value.Appliances;
        if (appliances.Count < 2)
        {
            return;
        }

        IPAddress[][] found = await Task.WhenAll(appliances.Select(a => ResolveAsync(a.BaseUrl!, cancellationToken)));
        Dictionary<string, string> taken = new(StringComparer.Ordinal);
        List<string> faults = [];
        for (int i = 0; i < appliances.Count; i++)
        {
            foreach (string address in found[i].Select(a => ApplianceAddress.Normalize(appliances[i].BaseUrl!, a)).Distinct())
            {
                if (!taken.TryAdd(address, appliances[i].Name) && taken[address] != appliances[i].Name)
                {
                    faults.Add($"Rescan__Appliances__{i}__BaseUrl: an address of its own; {appliances[i].BaseUrl!.Authority} leads to {address}, as that of appliance '{taken[address]}' does, so every repository would be rescanned twice");
                }
            }
        }

        if (faults.Count > 0)
        {
            throw new OptionsValidationException(RescanOptions.Section, typeof(RescanOptions), faults);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A name that cannot be looked up now says nothing.</summary>
    private static async Task<IPAddress[]> ResolveAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(url.IdnHost, cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or TimeoutException or ArgumentException)
        {
            return [];
        }
    }
}
