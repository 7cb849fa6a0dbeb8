using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>The client of one appliance, as the app registers it.</summary>
internal sealed class ClientOf : IAsyncDisposable
{
    public const string Secret = "secret-password";

    private readonly ServiceProvider services;

    public ClientOf(
        Uri baseUrl, IEnumerable<string> thumbprints, string apiVersion = "", string password = Secret, string username = "u",
        TimeProvider? time = null,
        string kind = "VeeamBackupForAws")
    {
        Dictionary<string, string?> settings = new()
        {
            ["Rescan:Appliances:0:Name"] = "one",
            ["Rescan:Appliances:0:Kind"] = kind,
            ["Rescan:Appliances:0:BaseUrl"] = baseUrl.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = username,
            ["Rescan:Appliances:0:Password"] = password,
            ["Rescan:Appliances:0:ApiVersion"] = apiVersion,
        };
        foreach ((int index, string thumbprint) in thumbprints.Index())
        {
            settings[$"Rescan:Appliances:0:Thumbprints:{index}"] = thumbprint;
        }

        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        ServiceCollection registered = new();
        registered.AddLogging();
        registered.AddRescan(configuration);
        if (time is not null)
        {
            registered.Replace(ServiceDescriptor.Singleton(time));
        }

        services = registered.BuildServiceProvider();
        Client = services.GetRequiredService<IApplianceClients>().Get("one");
    }

    public IApplianceClient Client { get; }

    /// <summary>What the settings or the vault hold from now on.</summary>
    public string Password
    {
        set => services.GetRequiredService<IOptions<RescanOptions>>().Value.Appliances[0].Password = value;
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
