using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>The first run over 300 repositories, as somebody sees it who looks at it for the first time.</summary>
[Collection("browser")]
public sealed class FirstNightTests(Browser browser)
{
    private const int Repositories = 300;
    private const int AtOnce = 12;

    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Fact]
    public async Task Those_that_wait_say_so_and_on_a_phone_the_list_comes_before_many_cards()
    {
        SimulatedRepository[] repositories = [.. Enumerable.Range(0, Repositories).Select(i => new SimulatedRepository(
            string.Create(CultureInfo.InvariantCulture, $"6f1c1f0a-4d1e-4b55-9d0a-{i:d12}"),
            string.Create(CultureInfo.InvariantCulture, $"backup-{i:d4}"), "bucket", $"folder-{i}"))];
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { Repositories = repositories, SessionDuration = TimeSpan.FromHours(1) }],
            new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = AtOnce.ToString(CultureInfo.InvariantCulture) });
        (int status, JsonElement accepted, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "one" });
        Assert.Equal(202, status);
        string run = accepted.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(
            run, r => r.GetProperty("items").EnumerateArray().Count(i => i.GetProperty("state").GetString() == "Running") == AtOnce);
        await api.UntilAsync("/api/rescans?state=running", r => r.GetProperty("items").GetArrayLength() == AtOnce);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"), width: 390, height: 844, scale: 2);

        await Expect(tab.Row("backup-0132"))
            .ToContainTextAsync("Waiting for its turn (121st)", new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("All 300 repositories are in order");
        await Expect(tab.Text("Never rescanned")).ToHaveCountAsync(0);
        await Expect(tab.Page.Locator(".banner.run")).ToContainTextAsync("0 of 300 repositories done");
        Assert.Equal(0, await tab.Page.Locator(".card:visible").CountAsync());
        Assert.InRange((await tab.Page.Locator(".repositories").BoundingBoxAsync())!.Y, 100, 844);
        await tab.AssertAccessibleAsync("first night on a phone");
        await tab.PictureAsync("overview-first-night-phone-light");

        await tab.Button("Show 12 cards").ClickAsync();
        await Expect(tab.Page.Locator(".card")).ToHaveCountAsync(AtOnce);
        await Expect(tab.Button("Hide cards")).ToBeVisibleAsync();
        await tab.Page.SetViewportSizeAsync(1280, 1020);
        await Expect(tab.Button("Hide cards")).ToBeHiddenAsync();
        await Expect(tab.Page.Locator(".card").First).ToBeVisibleAsync(Visible);
        await tab.PictureAsync("overview-first-night-light");
    }
}
