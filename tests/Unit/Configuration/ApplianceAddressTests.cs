using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>Two entries of the settings that are one appliance would have every repository rescanned twice.</summary>
public sealed class ApplianceAddressTests
{
    [Theory]
    [InlineData("https://Appliance.example:11005", "https://appliance.example:11005/", true)]
    [InlineData("https://appliance.example.", "https://appliance.example:443", true)]
    [InlineData("https://xn--bro-hoa.example:11005", "https://b\u00fcro.example:11005", true)]
    [InlineData("https://[::1]:11005", "https://[0:0:0:0:0:0:0:1]:11005", true)]
    [InlineData("https://[::ffff:127.0.0.1]:11005", "https://127.0.0.1:11005", true)]
    [InlineData("https://appliance.example:11005", "https://appliance.example:11006", false)]
    [InlineData("https://proxy.example/one", "https://proxy.example/two", false)]
    public void The_settings_are_refused_however_the_address_is_spelt(string one, string two, bool refused)
    {
        ValidateOptionsResult result = new ApplianceOptionsValidator().Validate(null, Of(one, two));

        Assert.Equal(
            refused, result.Failures?.Any(
                f => f.StartsWith("Rescan__Appliances__1__BaseUrl: an address of its own", StringComparison.Ordinal)) == true);
    }

    [Fact]
    public async Task The_start_is_refused_where_two_names_lead_to_one_address()
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => new ApplianceAddressCheck(Options.Create(Of("https://localhost:11005", "https://127.0.0.1:11005"))).StartAsync(default));
        Assert.Contains("appliance 'one'", refused.Message, StringComparison.Ordinal);

        await new ApplianceAddressCheck(Options.Create(Of("https://localhost:11005", "https://localhost:11006"))).StartAsync(default);
        await new ApplianceAddressCheck(Options.Create(Of("https://nowhere.invalid:11005", "https://localhost:11005"))).StartAsync(default);
    }

    private static RescanOptions Of(params string[] addresses)
    {
        RescanOptions options = new();
        foreach ((int i, string address) in addresses.Index())
        {
            options.Appliances.Add(
                new ApplianceOptions { Name = i == 0 ? "one" : "two", BaseUrl = new Uri(address), Username = "u", Password = "p" });
        }

        return options;
    }
}
