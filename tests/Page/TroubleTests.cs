using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>The page when something is wrong: with the key, an appliance, the app, or what an appliance says.</summary>
[Collection("browser")]
public sealed class TroubleTests(Browser browser)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Visible = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 60_000 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_key_is_asked_for_once_kept_in_the_tab_and_a_wrong_one_is_refused(bool dark)
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()], new() { ["Rescan:Key"] = "k3y-of-the-app" });
        Uri page = new(api.Host.BaseAddress, "api/");
        await using Tab tab = await browser.OpenAsync(page, dark);
        ILocator key = tab.Page.GetByLabel("Key", new PageGetByLabelOptions { Exact = true });

        await Expect(key).ToBeFocusedAsync(new LocatorAssertionsToBeFocusedOptions { Timeout = 60_000 });
        await tab.AssertAccessibleAsync("lock");
        await key.FillAsync("guess");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The key was refused.", Patient);
        await tab.AssertAccessibleAsync("lock, refused");
        await key.FillAsync("k3y-of-the-app");
        await tab.Button("Open").ClickAsync();
        await Expect(tab.Row("archive")).ToBeVisibleAsync(Visible);

        Assert.Equal("[\"k3y-of-the-app\"]", await tab.Page.EvaluateAsync<string>("() => JSON.stringify(Object.values(sessionStorage))"));
        Assert.Equal("0", await tab.Page.EvaluateAsync<string>("() => String(localStorage.length + document.cookie.length)"));
        Assert.DoesNotContain("k3y", await tab.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("k3y", tab.Page.Url, StringComparison.Ordinal);
        await tab.Page.ReloadAsync();
        await Expect(tab.Row("archive")).ToBeVisibleAsync(Visible);
        await tab.Button("Forget key").ClickAsync();
        await Expect(key).ToBeFocusedAsync();
        Assert.Equal(0, await tab.Page.EvaluateAsync<int>("() => sessionStorage.length"));
        await using Tab another = await browser.OpenAsync(page);
        await Expect(another.Heading("This app asks for a key")).ToBeVisibleAsync(Visible);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_appliance_that_is_down_is_named_and_what_is_known_of_its_repositories_stays(bool dark)
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions(), new SimulatorOptions
        {
            SessionDuration = TimeSpan.FromSeconds(0.5),
            Repositories = [new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e31", "distant", "bucket", "folder")],
        }]);
        (int status, _, _) = await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance = "two", repository = "distant" });
        Assert.Equal(202, status);
        await api.UntilAsync("/api/rescans?state=ended", b => b.GetProperty("items").GetArrayLength() == 1);
        await api.Appliances[1].DisposeAsync();
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"), dark);

        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Appliance two: no answer from 127.0.0.1", Patient);
        await Expect(tab.Row("archive")).ToContainTextAsync("Never rescanned");
        await Expect(tab.Row("distant")).ToContainTextAsync("Succeeded");
        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }))
            .ToContainTextAsync("1 of 2 appliances does not answer since ");
        await Expect(tab.Page.Locator("#live")).ToHaveTextAsync("Connected · 1 of 2 appliances answers");
        await tab.AssertAccessibleAsync("overview, an appliance down");
    }

    [Fact]
    public async Task An_app_that_is_gone_is_said_and_what_was_seen_stays()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));
        await Expect(tab.Row("archive")).ToBeVisibleAsync(Visible);

        await api.Host.StopAsync(default);
        await tab.Button("Rescan archive").ClickAsync();
        await tab.Button("Rescan").ClickAsync();

        await Expect(tab.Page.Locator("#toast")).ToContainTextAsync("The app does not answer.", Patient);
        await Expect(tab.Page.Locator("#live")).ToContainTextAsync("Not connected", Patient);
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("What is shown may be old; the page keeps asking.");
        await Expect(tab.Row("archive")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_an_appliance_says_is_shown_and_never_run()
    {
        const string Name = "<img src=x onerror=\"window.ran=1\"><script>window.ran=1</script>\u202e' \"&amp;";
        string shown = Name.Replace("\u202e", "", StringComparison.Ordinal);
        await using ApiHost api = await ApiHost.StartAsync(
        [
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(3), Outcome = "failed",
                Repositories = [new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e41", Name, "<b>bucket</b>", "javascript:window.ran=1")] },
        ]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await tab.Button("Rescan " + shown).ClickAsync();
        await Expect(tab.Heading($"Rescan {shown}?")).ToBeVisibleAsync();
        await tab.Button("Rescan").ClickAsync();
        await tab.Link(shown).First.ClickAsync();
        await Expect(tab.Heading(shown)).ToBeVisibleAsync(Visible);
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("Starting rescan of repository " + shown, Patient);
        await Expect(tab.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("Connecting to bucket <b>bucket</b>", Patient);
        await Expect(tab.Page.Locator(".state-name"))
            .ToHaveTextAsync("Failed", new LocatorAssertionsToHaveTextOptions { Timeout = 60_000 });

        Assert.Equal("undefined", await tab.Page.EvaluateAsync<string>("() => typeof window.ran"));
        Assert.Equal(0, await tab.Page.Locator("main img, main script, main b").CountAsync());
    }

    [Fact]
    public async Task The_policy_stops_what_would_get_in_and_the_tests_would_see_it()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()]);
        Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));
        await Expect(tab.Row("archive")).ToBeVisibleAsync(Visible);

        await tab.Page.EvaluateAsync(
            "() => { try { document.body.innerHTML = '<p onclick=\"1\">'; } catch { } const image = new Image(); image.src = "
                + "'https://elsewhere.invalid/x.png'; document.body.append(image); }");
        await Expect(tab.Page.Locator("img")).ToHaveCountAsync(1);

        Xunit.Sdk.EmptyException seen = await Assert.ThrowsAsync<Xunit.Sdk.EmptyException>(async () => await tab.DisposeAsync());
        Assert.Contains("require-trusted-types-for", seen.Message, StringComparison.Ordinal);
        Assert.Contains("img-src", seen.Message, StringComparison.Ordinal);
    }
}
