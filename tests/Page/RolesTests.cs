using System.Text.Json;
using Microsoft.Playwright;
using Rescan.Local.Simulator;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>The page of one who may only look, and who it says did what.</summary>
[Collection("browser")]
public sealed class RolesTests(Browser browser)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };

    [Theory]
    [InlineData("Viewer", 1280)]
    [InlineData("Operator", 320)]
    public async Task Who_may_only_look_sees_no_button_that_would_be_refused(string role, int width)
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(30) }],
            new()
            {
                ["Rescan:Key"] = "the-key-of-the-test",
                ["Rescan:Keys:0:Name"] = "auditor",
                ["Rescan:Keys:0:Key"] = "the-key-of-the-page",
                ["Rescan:Keys:0:Role"] = role,
            });
        (_, JsonElement accepted, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = "archive" });
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"), width: width, height: 800);
        await tab.Page.GetByLabel("Key").FillAsync("the-key-of-the-page");
        await tab.Button("Open").ClickAsync();

        bool mayAct = role == "Operator";
        await Expect(tab.Button("Watch the rescan of archive")).ToBeVisibleAsync(Visible);
        await Expect(tab.Button("Rescan many…")).ToBeVisibleAsync(new() { Visible = mayAct });
        await Expect(tab.Button("Rescan staging")).ToBeVisibleAsync(new() { Visible = mayAct });
        await tab.AssertFitsAsync("the overview of a " + role);
        await tab.AssertAccessibleAsync("the overview of a " + role);
        await tab.GoAsync(new Uri(api.Host.BaseAddress, "api/#/rescans/" + accepted.GetProperty("id").GetString()));
        await Expect(tab.Text("the HTTP API or this page")).ToBeVisibleAsync(Visible);
        await Expect(tab.Button("Cancel rescan")).ToBeVisibleAsync(new() { Visible = mayAct });
        if (mayAct)
        {
            await tab.Button("Cancel rescan").ClickAsync();
            await tab.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameString = "Cancel the rescan" }).ClickAsync();
            await Expect(tab.Text("Canceled by")).ToBeVisibleAsync(Visible);
            await Expect(tab.Text("auditor")).ToBeVisibleAsync(Visible);
            await tab.AssertFitsAsync("a canceled rescan");
        }
    }
}
