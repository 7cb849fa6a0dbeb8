using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;

namespace Rescan.Tests.Unit.Schedules;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData("0 30 1 * * *", "", "2026-05-01T00:00:00Z", "2026-05-01T01:30:00Z", "2026-04-30T01:30:00Z", "UTC")]
    [InlineData("30 1 * * *", "Europe/Berlin", "2026-05-01T00:00:00Z", "2026-05-01T23:30:00Z", "2026-04-30T23:30:00Z", "Europe/Berlin")]
    [InlineData(" 30  1 * * 1-5 ", "Tokyo Standard Time", "2026-05-01T00:00:00Z", "2026-05-03T16:30:00Z", "2026-04-30T16:30:00Z",
        "Asia/Tokyo")]
    [InlineData("0 0 12 1 7 *", "America/New_York", "2026-01-01T00:00:00Z", "2026-07-01T16:00:00Z", "2025-07-01T16:00:00Z",
        "America/New_York")]
    [InlineData("0 12 * * 0", "Eastern Standard Time", "2026-01-01T00:00:00Z", "2026-01-04T17:00:00Z", "2025-12-28T17:00:00Z",
        "America/New_York")]
    public void The_next_and_the_last_run_are_at_the_zones_own_time(
        string cron, string zone, string now, string next, string last, string name)
    {
        Schedule schedule = Of(cron, zone);

        Assert.Equal(
            (Time(next), Time(last), name),
            (schedule.NextAfter(Time(now)), schedule.LastIn(Time(now).AddDays(-400), Time(now)), schedule.TimeZone));
    }

    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("*/20 * * * *", "2026-03-29T00:40:00Z", "2026-03-29T01:00:00Z")]
    public void A_run_in_the_hour_that_is_left_out_is_due_once_at_its_end(string cron, string after, string next)
    {
        foreach (string zone in (string[])["Europe/Berlin", "W. Europe Standard Time"])
        {
            Assert.Equal(Time(next), Of(cron, zone).NextAfter(Time(after)));
        }
    }

    [Theory]
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("*/20 * * * *", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("*/20 * * * *", "2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("0 3 * * *", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z")]
    public void In_the_hour_that_comes_twice_a_fixed_run_is_due_once_and_frequent_ones_go_on(string cron, string after, string next)
    {
        foreach (string zone in (string[])["Europe/Berlin", "W. Europe Standard Time"])
        {
            Assert.Equal(Time(next), Of(cron, zone).NextAfter(Time(after)));
        }
    }

    [Fact]
    public void Without_settings_all_repositories_are_rescanned_each_night()
    {
        Schedule schedule = Assert.Single(new SchedulePlan(new RescanOptions(), Settings()).Schedules);

        Assert.Equal(("nightly", "30 1 * * *", "UTC", 0), (schedule.Name, schedule.Cron, schedule.TimeZone, schedule.Appliances.Count));
        Assert.Equal(Time("2026-05-02T01:30:00Z"), schedule.NextAfter(Time("2026-05-01T12:00:00Z")));
    }

    [Fact]
    public void The_next_run_is_the_first_that_no_pause_covers()
    {
        RescanOptions options = new() { PausedUntil = Time("2026-05-02T01:30:00Z") };
        SchedulePlan plan = new(options, Settings());
        SchedulePause week = new("NIGHTLY", Time("2026-05-08T00:00:00Z"), Time("2026-05-01T00:00:00Z"), null);
        SchedulePause other = week with { Schedule = "other" };
        Schedule nightly = plan.Schedules[0];

        Assert.Equal(Time("2026-05-02T01:30:00Z"), plan.NextRunAfter(nightly, Time("2026-04-28T00:00:00Z"), [other]));
        Assert.Equal(Time("2026-05-08T01:30:00Z"), plan.NextRunAfter(nightly, Time("2026-05-01T00:00:00Z"), [other, week]));
        Assert.Null(new SchedulePlan(options, Settings(("AzureWebJobs_StartScheduledRuns_Disabled", "1"))).NextRunAfter(
            nightly, Time("2026-05-01T00:00:00Z"), []));
    }

    [Fact]
    public void Every_fault_is_named_with_what_was_probably_meant()
    {
        RescanOptions options = new()
        {
            Appliances = { new ApplianceOptions { Name = "frankfurt" } },
            Schedules =
            {
                new ScheduleOptions { Zone = "Europe/Berln", Appliances = { "frankfrut", "" } },
                new ScheduleOptions { Name = "a b", Cron = "nightly" },
                new ScheduleOptions { Name = "Nightly", Cron = "0 0 25 * * *" },
                new ScheduleOptions { Name = "ok", Cron = "@weekly", Zone = " ", Appliances = { "FRANKFURT" } },
            },
        };

        ValidateOptionsResult result = new ScheduleOptionsValidator().Validate(null, options);

        Assert.Equal(
            [
                "Rescan__Schedules__0__Zone: 'Europe/Berln' is not a time zone known here, such as Europe/Berlin or W. Europe Standard "
                    + "Time. Did you mean Europe/Berlin?",
                "Rescan__Schedules__0__Appliances__0: no appliance is named 'frankfrut'. Did you mean frankfurt?",
                "Rescan__Schedules__1__Name: a name of letters, digits and hyphens, at most 40",
                $"Rescan__Schedules__1__Cron: {Schedule.ExpectedCron}; it is 'nightly'",
                "Rescan__Schedules__2__Name: a name of its own; 'Nightly' is that of Rescan__Schedules__0",
                $"Rescan__Schedules__2__Cron: {Schedule.ExpectedCron}; it is '0 0 25 * * *'",
            ],
            result.Failures);
    }

    [Fact]
    public void Ids_tell_schedules_apart_whose_names_begin_alike()
    {
        string id = ScheduledRunId.Of("Weekly-Prod", Time("2026-05-02T03:30:00+02:00"));

        Assert.Equal("run-scheduled-weekly-prod-20260502t013000z", id);
        Assert.True(ScheduledRunId.IsOf("weekly-prod", id));
        Assert.False(ScheduledRunId.IsOf("weekly", id));
    }

    private static Schedule Of(string cron, string zone) => new(new ScheduleOptions { Cron = cron, Zone = zone });

    private static IConfiguration Settings(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build();

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
