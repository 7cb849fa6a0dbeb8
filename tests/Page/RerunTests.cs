using System.Text.Json;
using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>The button of a run with failures, by a person at a desk and on a small phone.</summary>
[Collection("browser")]
public sealed class RerunTests(Browser browser)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Theory]
    [InlineData(1280, 800)]
    [InlineData(320, 640)]
    public async Task What_failed_in_a_run_is_rescanned_again_by_its_button_and_the_runs_link_to_each_other(int width, int height)
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(200), Scenario = [new Fault("wrong-role", After: 1, Times: 2)] }]);
        (_, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" });
        string id = accepted.GetProperty("id").GetString()!;
        await api.UntilAsync("/api/runs/" + id, r => r.GetProperty("status").GetString() != "Running");
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, $"api/#/runs/{id}"), width: width, height: height);

        await Expect(tab.Button("Rescan what failed")).ToBeVisibleAsync(Visible);
        await tab.AssertFitsAsync("a run with failures");
        await tab.AssertAccessibleAsync("a run with failures");
        await tab.Button("Rescan what failed").ClickAsync();
        await tab.AssertFitsAsync("the question");
        LocatorGetByRoleOptions yes = new() { Name = "Rescan what failed" };
        await tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, yes).ClickAsync();

        await Expect(tab.Link("another run")).ToBeVisibleAsync(Visible);
        await Expect(tab.Page.GetByRole(AriaRole.Table).GetByText("Succeeded"))
            .ToHaveCountAsync(2, new LocatorAssertionsToHaveCountOptions { Timeout = 60_000 });
        await Expect(tab.Button("Rescan what failed")).ToBeHiddenAsync();
        await tab.AssertFitsAsync("the run that repeats");
        await tab.Link("another run").ClickAsync();
        await Expect(tab.Text("What failed was repeated by another run.")).ToBeVisibleAsync(Visible);
        await tab.AssertFitsAsync("the run that was repeated");
        await tab.AssertAccessibleAsync("the run that was repeated");
    }
}
