using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>A walk through every view and dialog of the page.</summary>
internal static class Tour
{
    private const float Patience = 60_000;
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = Patience };
    private static readonly LocatorAssertionsToHaveTextOptions Patient = new() { Timeout = Patience };

    /// <summary>Takes it.</summary>
    /// <param name="tab">Shows the overview.</param>
    /// <param name="look">Is called at each view, with its name.</param>
    public static async Task TakeAsync(Tab tab, Func<string, Task> look)
    {
        await look("overview");
        await tab.Button("Log of prod-eu-central").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToBeVisibleAsync(Visible);
        await look("overview-log");
        await tab.Button("Rescan archive").ClickAsync();
        await look("confirm");
        await tab.Button("Not now").ClickAsync();
        await tab.Button("Rescan many…").ClickAsync();
        await look("many");
        await tab.Page.Keyboard.PressAsync("Escape");
        await tab.Link("prod-eu-central").First.ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToBeVisibleAsync(Visible);
        await look("rescan-running");
        await tab.Page.Locator(".past a").Last.ClickAsync();
        await Expect(tab.Page.Locator(".state-name")).ToHaveTextAsync("Succeeded", Patient);
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToBeVisibleAsync(Visible);
        await look("rescan-ended");
        await tab.Link("Runs").ClickAsync();
        await Expect(tab.Page.Locator(".run-item")).ToHaveCountAsync(1, new LocatorAssertionsToHaveCountOptions { Timeout = Patience });
        await look("runs");
        await tab.Page.Locator(".run-item a").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Table)).ToBeVisibleAsync(Visible);
        await look("run");
    }
}
