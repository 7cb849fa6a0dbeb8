using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.DurableTaskSqlite;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

[Collection("browser")]
public sealed class WholeRescanTests(Browser browser)
{
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Fact]
    public async Task A_rescan_is_started_watched_and_read_to_its_end_and_another_is_canceled()
    {
        await using ApiHost api = await ApiHost.StartAsync(
        [
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(6) },
            new SimulatorOptions { SessionDuration = TimeSpan.FromHours(1),
                Repositories = [new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e11", "endless", "bucket", "folder")] },
        ]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await tab.Button("Rescan archive").ClickAsync();
        await Expect(tab.Heading("Rescan archive?")).ToBeVisibleAsync();
        await tab.Button("Rescan").ClickAsync();
        await tab.Button("Log of archive").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("Starting rescan of repository archive", Patient);
        await tab.Link("archive").First.ClickAsync();
        ILocator log = tab.Page.GetByRole(AriaRole.Log);
        await Expect(log).ToContainTextAsync("Connecting to bucket acme-archive", Patient);
        await Expect(log).ToContainTextAsync("Rescan found 4 backup policies, 48 restore points (3 new)", Patient);
        await Expect(tab.Page.Locator(".state-name"))
            .ToHaveTextAsync("Succeeded", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
        await Expect(tab.Page.Locator(".life")).ToHaveAttributeAsync(
            "aria-label", new System.Text.RegularExpressions.Regex(
                "^Life of the rescan: signed in after .* s, session started after .* s, [1-9][0-9]* polls?, succeeded after .* s\\.$"));
        await Expect(tab.Button("Rescan again")).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".past li")).ToHaveCountAsync(1);

        await tab.Link("Overview").First.ClickAsync();
        await Expect(tab.Row("archive")).ToContainTextAsync("Succeeded", Patient);
        await tab.Button("Rescan endless").ClickAsync();
        await tab.Button("Rescan").ClickAsync();
        await Expect(tab.Row("endless")).ToContainTextAsync("Running", Patient);
        await tab.Button("Cancel the rescan of endless").ClickAsync();
        await tab.Button("Leave it").ClickAsync();
        Assert.DoesNotContain(api.Appliances[1].Ledger, e => e.Kind == "stop");
        await tab.Button("Cancel the rescan of endless").ClickAsync();
        await tab.Button("Cancel the rescan").ClickAsync();
        await Expect(tab.Row("endless")).ToContainTextAsync("Canceled", Patient);
        await Expect(tab.Heading("Running now")).ToBeHiddenAsync(new LocatorAssertionsToBeHiddenOptions { Timeout = 60_000 });

        Assert.Equal(1, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
        Assert.Equal(
            (1, 1), (api.Appliances[1].Ledger.Count(e => e.Kind == "rescan"), api.Appliances[1].Ledger.Count(e => e.Kind == "stop")));
    }

    [Fact]
    public async Task The_keyboard_alone_starts_watches_and_cancels_a_rescan()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { SessionDuration = TimeSpan.FromHours(1) }]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));
        await Expect(tab.Button("Rescan staging")).ToBeVisibleAsync(Visible);

        await tab.Page.Keyboard.PressAsync("Tab");
        await Expect(tab.Link("Skip to the content")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.TabToAsync("Rescan staging");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Heading("Rescan staging?")).ToBeVisibleAsync();
        await tab.Page.Keyboard.PressAsync("Escape");
        await Expect(tab.Button("Rescan staging")).ToBeFocusedAsync();
        Assert.DoesNotContain(api.Appliances[0].Ledger, e => e.Kind == "rescan");
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.TabToAsync("Rescan");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Button("Watch the rescan of staging"))
            .ToBeFocusedAsync(new LocatorAssertionsToBeFocusedOptions { Timeout = 60_000 });
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Heading("staging")).ToBeFocusedAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("Starting rescan of repository staging", Patient);
        await tab.TabToAsync("Cancel rescan");
        await tab.Page.Keyboard.PressAsync("Space");
        await tab.TabToAsync("Cancel the rescan");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator(".state-name"))
            .ToHaveTextAsync("Canceled", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });
    }
}
