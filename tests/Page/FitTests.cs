using Microsoft.Playwright;
using Rescan.Tests.Integration.Runtime.Hosting;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>
/// Every view within its window, whatever the font: a machine takes its own for system-ui, and each of these families is another one,
/// wider or narrower, on any machine. And with text twice as large, by the browser's setting as by zooming text alone.
/// </summary>
[Collection("browser")]
public sealed class FitTests(Browser browser, Scene scene) : IClassFixture<Scene>
{
    private static readonly string[] Families = ["system-ui", "serif", "sans-serif", "monospace", "cursive", "fantasy"];
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Theory]
    [InlineData(320, 16, 1)]
    [InlineData(320, 32, 1)]
    [InlineData(320, 16, 2)]
    [InlineData(1280, 32, 1)]
    public async Task Every_view_fits_its_window_in_every_font_and_with_large_text(int width, int chosen, int zoom)
    {
        await using Tab tab = await browser.OpenAsync(scene.Page, width: width, height: 640);
        await tab.UseTextSizeAsync(chosen);
        async Task LookAsync(string view)
        {
            foreach (string family in Families)
            {
                await tab.UseFontAsync(family);
                await tab.AssertFitsAsync($"{view} in {family}, text of {chosen} times {zoom}");
            }
        }

        // A child of the root keeps its size in letters, so this is what zooming text alone does.
        if (zoom > 1)
        {
            await tab.Page.EvaluateAsync("zoom => { document.documentElement.style.fontSize = `${zoom * 100}%`; }", zoom);
        }

        await Expect(tab.Heading("Running now")).ToBeVisibleAsync(Visible);
        Assert.Equal(
            chosen * zoom, await tab.Page.EvaluateAsync<double>("() => parseFloat(getComputedStyle(document.documentElement).fontSize)"));
        await Tour.TakeAsync(tab, LookAsync);
    }
}
