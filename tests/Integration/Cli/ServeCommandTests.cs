using System.Net.Http.Json;
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

    [Fact]
    public async Task A_run_that_waits_for_an_appliance_is_in_the_status_with_the_reason()
    {
        SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);
        await appliance.DisposeAsync();
        using HttpResponseMessage accepted = await serve.Http.PostAsJsonAsync(
            new Uri("/api/rescans", UriKind.Relative), new { filter = new { } });
        accepted.EnsureSuccessStatusCode();

        Ended status;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            status = await RescanProcess.RunAsync(["status", "--state", folder]);
        }
        while (!status.Out.Contains("waiting for ", StringComparison.Ordinal));

        Assert.Matches(@"run-[0-9a-f]{32}: waiting for demo: Appliance 'demo', .+ · \d\d:\d\d", status.Out);
        Assert.Equal(0, status.Exit);
    }
}
