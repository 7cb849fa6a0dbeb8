using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Cli;

/// <summary><c>rescan serve</c> as somebody finds it who knows its address and nothing else.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-serve-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_address_alone_leads_to_the_page()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);

        using HttpResponseMessage page = await serve.Http.GetAsync("/");

        page.EnsureSuccessStatusCode();
        Assert.Equal("/api/", page.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<title>", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_over_a_state_in_which_nothing_has_ended_is_no_good_news()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);

        Ended text = await RescanProcess.RunAsync(["report", "--state", folder]);
        Ended data = await RescanProcess.RunAsync(["report", "--state", folder, "--format", "csv"]);

        Assert.Equal((2, 2), (text.Exit, data.Exit));
        Assert.Contains("No rescan has ended yet", text.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("No rescan", data.Out, StringComparison.Ordinal);
        Assert.Contains("No rescan has ended yet", data.Error, StringComparison.Ordinal);
    }
}
