using Rescan.Functions.Appliances;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Appliances;

/// <summary>The client against every product release, over real HTTPS.</summary>
public sealed class RevisionTests
{
    [Theory]
    [InlineData("2.0", "1.0-rev0")]
    [InlineData("3.0", "1.1-rev0")]
    [InlineData("5.0", "1.3-rev0")]
    [InlineData("6.0", "1.3-rev0")]
    [InlineData("7.0", "1.3-rev0")]
    public async Task Auto_takes_the_newest_revision_with_rescan(string product, string revision)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Role = "Portal Administrator" }.OfProduct(product), default);
        await using ClientOf app = Client(appliance, "auto");

        SignInResult result = await app.Client.SignInAsync(default);

        Assert.Equal(
            (revision, ProductRelease.Find(product).Version, "Portal Administrator"),
            (result.ApiVersion, result.ProductVersion, result.Role));
        Assert.NotNull(await app.Client.StartRescanAsync(SimulatedRepository.Defaults[0].Id, default));
    }

    [Theory]
    [InlineData("8.0")]
    [InlineData("9.0")]
    [InlineData("10.0")]
    public async Task A_product_without_rescan_is_named_with_all_that_was_tried(string product)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Role = "Portal Administrator" }.OfProduct(product), default);
        await using ClientOf app = Client(appliance, "auto");

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.All(["1.3-rev0", "1.2-rev0", "1.1-rev0", "1.0-rev0", ProductRelease.Find(product).Version],
            t => Assert.Contains(t, e.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("7.0", "1.0-rev0", "set ApiVersion to 1.3-rev0")]
    [InlineData("8.0", "1.0-rev0", "1.4-rev0")]
    [InlineData("7.0", "1.5-rev0", "no repository rescan")]
    public async Task A_revision_that_does_not_serve_is_told_with_what_would(string product, string revision, string advice)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Role = "Portal Administrator" }.OfProduct(product), default);
        await using ClientOf app = Client(appliance, revision);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.All([advice, revision, ProductRelease.Find(product).Version], t => Assert.Contains(t, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_upgrade_under_a_running_app_is_told_as_what_it_is()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Role = "Portal Administrator" }, default);
        await using ClientOf app = Client(appliance, "auto");
        await app.Client.SignInAsync(default);
        appliance.Add(new Fault("no-rescan", "session"));

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default));

        Assert.Contains(ProductRelease.Find("8.0").Version, e.Message, StringComparison.Ordinal);
    }

    private static ClientOf Client(SimulatedAppliance appliance, string revision) =>
        new(appliance.BaseAddress, [appliance.Thumbprint], revision, appliance.Password, "rescan");
}
