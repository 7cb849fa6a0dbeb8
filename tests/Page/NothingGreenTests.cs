using System.Text.Json;
using Microsoft.Playwright;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using static Microsoft.Playwright.Assertions;

namespace Rescan.Tests.Page;

/// <summary>What the page says where there is nothing to be green about.</summary>
[Collection("browser")]
public sealed class NothingGreenTests(Browser browser)
{
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToHaveTextOptions Text = new() { Timeout = 60_000 };

    [Fact]
    public async Task An_appliance_that_lists_nothing_is_a_warning_and_is_counted()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions { Repositories = [] }]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await Expect(tab.Page.Locator("h1")).ToHaveTextAsync("No repository is listed", Text);
        await Expect(tab.Page.Locator(".head p")).ToContainTextAsync("0 repositories on 1 appliance", Patient);
        await Expect(tab.Page.Locator(".view .banner.warn")).ToContainTextAsync("one: the appliance answers but lists no repository.");
        await Expect(tab.Page.Locator("#live")).ToHaveTextAsync("Connected · the appliance answers");
    }

    [Fact]
    public async Task A_certificate_that_changed_is_not_called_silence()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions(), new SimulatorOptions()], new() { ["Rescan:Appliances:1:Thumbprints:0"] = new string('A', 64) });
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await Expect(tab.Page.Locator("h1")).ToContainTextAsync("1 of 2 appliances cannot be used since ", Patient);
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("certificate is not trusted");
        await Expect(tab.Page.Locator("#live")).ToHaveTextAsync("Connected · 2 of 2 appliances answer");
    }

    [Fact]
    public async Task Two_appliances_on_one_folder_are_a_warning_before_any_run()
    {
        SimulatedRepository shared = new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e61", "archive", "acme-archive", "veeam");
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { Repositories = [shared] }, new SimulatorOptions { Repositories = [shared] }]);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await Expect(tab.Page.Locator(".view .banner.warn")).ToContainTextAsync("can corrupt its backups", Patient);
    }

    [Fact]
    public async Task A_run_over_nothing_is_not_green()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()]);
        (_, JsonElement accepted, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { filter = new { include = new[] { "no-such-*" } } });
        string self = accepted.GetProperty("links").GetProperty("self").GetString()!;
        await api.UntilAsync(self, r => r.GetProperty("status").GetString() == "Completed");
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/#/runs"));

        await Expect(tab.Page.Locator(".run-item .pill.warn")).ToHaveTextAsync("Completed, nothing rescanned", Text);
        await tab.Page.Locator(".run-item a").ClickAsync();
        await Expect(tab.Page.Locator(".state-name")).ToHaveTextAsync("Completed, nothing rescanned", Text);
        await Expect(tab.Page.Locator(".view .banner.warn")).ToContainTextAsync("none of the 4 repositories listed fits the filter");
    }

    [Fact]
    public async Task A_failed_rescan_says_what_to_do_who_asked_and_in_which_zone_its_times_are()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(0.5), Outcome = "failed" }]);
        (_, JsonElement accepted, _) = await api.SendAsync(
            HttpMethod.Post, "/api/rescans", new { appliance = "one", filter = new { include = new[] { "archive" } } });
        await api.UntilAsync(
            accepted.GetProperty("links").GetProperty("self").GetString()!, r => r.GetProperty("status").GetString() == "Completed");
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        await tab.Link("archive").First.ClickAsync();
        await Expect(tab.Page.Locator(".state-name")).ToHaveTextAsync("Failed", Text);
        await Expect(tab.Page.Locator(".state-next"))
            .ToContainTextAsync("What to do: Read the session's log, mend what it names, then start the rescan again.");
        await Expect(tab.Page.Locator(".state-reason")).Not.ToBeEmptyAsync();
        await Expect(tab.Page.Locator(".facts")).ToContainTextAsync("Started bya run");
        await Expect(tab.Page.Locator(".facts")).ToContainTextAsync(
            "Time zone" + await tab.Page.EvaluateAsync<string>("() => Intl.DateTimeFormat().resolvedOptions().timeZone"));
        await tab.Link("a run").ClickAsync();
        await Expect(tab.Page.Locator(".state-name")).ToHaveTextAsync("Completed, with failures", Text);
    }

    [Fact]
    public async Task The_schedule_says_when_the_next_run_is_due_and_what_became_of_the_last()
    {
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }],
            new() { ["Rescan:Schedules:0:Cron"] = "*/1 * * * * *", ["Rescan:Schedules:0:Zone"] = "W. Europe Standard Time" }, timers: true);
        await api.UntilAsync(
            "/api/schedule", s => s.GetProperty("schedules")[0].GetProperty("last") is { ValueKind: JsonValueKind.Object } run
            && run.GetProperty("status").GetString() == "Skipped");
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));

        ILocator schedule = tab.Page.Locator(".schedule-place");
        await Expect(schedule).ToContainTextAsync("Next scheduled run ", Patient);
        await Expect(schedule).ToContainTextAsync("(Europe/Berlin), now.");
        await Expect(schedule).ToContainTextAsync("Last one: skipped");
        await Expect(schedule.Locator(".banner")).ToHaveCountAsync(2);
        await Expect(schedule).ToContainTextAsync("still went on.");
    }

    [Fact]
    public async Task The_schedules_are_paused_and_resumed_by_buttons_and_each_has_a_line()
    {
        await using ApiHost api = await ApiHost.StartAsync([new SimulatorOptions()], new()
        {
            ["Rescan:Schedules:0:Name"] = "nightly",
            ["Rescan:Schedules:1:Name"] = "weekly",
            ["Rescan:Schedules:1:Cron"] = "0 4 * * 0",
            ["Rescan:Schedules:1:Zone"] = "Asia/Tokyo",
        }, timers: true);
        await using Tab tab = await browser.OpenAsync(new Uri(api.Host.BaseAddress, "api/"));
        ILocator schedule = tab.Page.Locator(".schedule-place");
        await Expect(schedule.Locator(".schedule")).ToHaveCountAsync(2);
        await Expect(schedule).ToContainTextAsync("weekly: Next scheduled run ", Patient);
        await Expect(schedule).ToContainTextAsync("(Asia/Tokyo)");

        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Pause…" }).ClickAsync();
        await tab.Page.GetByLabel("Which").SelectOptionAsync("weekly");
        await tab.Page.GetByLabel("Why (may stay empty)").FillAsync("an upgrade <b>");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Expect(schedule.Locator(".banner")).ToContainTextAsync("The schedule weekly is paused until ", Patient);
        await Expect(schedule.Locator(".banner")).ToContainTextAsync("(an upgrade <b>)");
        JsonElement weekly = (await api.GetAsync("/api/schedule")).GetProperty("schedules")[1];
        Assert.InRange(
            weekly.GetProperty("paused").GetProperty("until").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromHours(7.9),
            TimeSpan.FromHours(8.1));

        await schedule.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Expect(schedule.Locator(".banner")).ToHaveCountAsync(0);
        Assert.Equal(JsonValueKind.Null, (await api.GetAsync("/api/schedule")).GetProperty("schedules")[1].GetProperty("paused").ValueKind);
    }
}
