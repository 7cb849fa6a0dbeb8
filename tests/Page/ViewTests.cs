using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>
/// Every view, in light and dark, at a desk and on a phone: usable by all, within its window, and a picture of it where asked for.
/// </summary>
[Collection("browser")]
public sealed class ViewTests(Browser browser, Scene scene) : IClassFixture<Scene>
{
    private static readonly string[] Pictures =
        ["overview-light", "overview-dark", "overview-phone-light", "rescan-running-dark", "rescan-ended-light", "rescan-ended-phone-light",
            "run-light"];

    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Theory]
    [InlineData("light", 1280, 1020)]
    [InlineData("dark", 1280, 1020)]
    [InlineData("light", 390, 844)]
    [InlineData("dark", 320, 640)]
    public async Task Every_view_is_accessible_and_fits(string scheme, int width, int height)
    {
        await using Tab tab = await browser.OpenAsync(scene.Page, scheme == "dark", width, height, scale: width < 500 ? 2 : 1);
        string suffix = width < 500 ? "phone-" + scheme : scheme;
        async Task LookAsync(string view)
        {
            await tab.AssertAccessibleAsync($"{view}, {suffix}");
            await tab.AssertFitsAsync($"{view}, {suffix}");
            if (Pictures.Contains($"{view}-{suffix}"))
            {
                await tab.PictureAsync($"{view}-{suffix}");
            }
        }

        await Expect(tab.Heading("Running now")).ToBeVisibleAsync(Visible);
        await Tour.TakeAsync(tab, LookAsync);
    }

    [Fact]
    public async Task The_page_follows_the_system_between_light_and_dark()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));
        async Task<double> LightnessAsync() => await tab.Page.EvaluateAsync<double>(
            "() => getComputedStyle(document.documentElement).backgroundColor.match(/[0-9]+/g).slice(0, 3).reduce((sum, c) => sum + "
                + "Number(c), 0) / 765");

        double light = await LightnessAsync();
        await tab.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        double dark = await LightnessAsync();

        Assert.True(light > 0.9 && dark < 0.15, $"light {light}, dark {dark}");
    }
}
