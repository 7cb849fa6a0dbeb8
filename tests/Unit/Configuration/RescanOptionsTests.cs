using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

public sealed class RescanOptionsTests
{
    [Fact]
    public void All_faults_are_named_at_once_by_key()
    {
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => Read(new()
        {
            ["Rescan:Appliances:0:Name"] = "a b",
            ["Rescan:Appliances:0:BaseUrl"] = "http://appliance",
            ["Rescan:Appliances:0:Thumbprints:0"] = "12",
            ["Rescan:Deadline"] = "00:00:00.5",
            ["Rescan:Retry:After"] = "2.00:00:00",
            ["Rescan:Retry:AtMost"] = "11",
        }));

        Assert.Equal(
            [
                "Rescan__Deadline", "Rescan__Retry__After", "Rescan__Retry__AtMost", "Rescan__Appliances__0__Name",
                "Rescan__Appliances__0__BaseUrl", "Rescan__Appliances__0__Username", "Rescan__Appliances__0__PasswordSecret",
                "Rescan__Appliances__0__Thumbprints__0",
            ],
            e.Failures.Select(f => f.Split(": ")[0]));
    }

    [Fact]
    public void A_whole_appliance_is_read()
    {
        RescanOptions options = Read(new()
        {
            ["Rescan:Appliances:0:Name"] = "one",
            ["Rescan:Appliances:0:BaseUrl"] = "https://appliance:11005",
            ["Rescan:Appliances:0:Username"] = "u",
            ["Rescan:Appliances:0:Password"] = "p",
        });

        Assert.Equal("one", Assert.Single(options.Appliances).Name);
    }

    private static RescanOptions Read(Dictionary<string, string?> settings)
    {
        ServiceCollection services = new();
        services.AddRescan(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        return services.BuildServiceProvider().GetRequiredService<IOptions<RescanOptions>>().Value;
    }
}
