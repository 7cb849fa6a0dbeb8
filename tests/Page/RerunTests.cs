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
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(200),
                Scenario = [new Fault("wrong-role", After: 1, Times: 2)] }]);
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

    [Fact]
    public async Task A_retry_that_is_due_shows_when_and_is_canceled_by_its_button_on_a_small_phone()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(100), Outcome = "failed" }],
            new() { ["Rescan:Retry:AtMost"] = "1", ["Rescan:Retry:After"] = "05:00:00" });
        (_, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" });
        string id = accepted.GetProperty("id").GetString()!;
        await api.UntilAsync("/api/runs/" + id, r => r.GetProperty("retry").ValueKind == JsonValueKind.Object);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, $"api/#/runs/{id}"), width: 320, height: 640);
        ILocator due = tab.Page.GetByText("What failed is retried");

        await Expect(due).ToBeVisibleAsync(Visible);
        await tab.AssertFitsAsync("a run that waits for its retry");
        await tab.AssertAccessibleAsync("a run that waits for its retry");
        await tab.Button("Cancel the retry").ClickAsync();
        await tab.AssertFitsAsync("the question whether to cancel the retry");
        LocatorGetByRoleOptions yes = new() { Name = "Cancel the retry" };
        await tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, yes).ClickAsync();

        await Expect(due).ToBeHiddenAsync(new LocatorAssertionsToBeHiddenOptions { Timeout = 60_000 });
        await Expect(tab.Button("Cancel the retry")).ToBeHiddenAsync();
        await Expect(tab.Button("Rescan what failed")).ToBeVisibleAsync();
    }
}
