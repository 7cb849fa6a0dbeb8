using System.Globalization;
using Rescan.Local.Runtime.Hosting;
using TimeZoneConverter;

namespace Rescan.Tests.Unit.Runtime.Hosting;

public sealed class TimerScheduleTests
{
    [Theory]
    [InlineData("0 30 1 * * *", "UTC", "2026-05-01T00:00:00Z", "2026-05-01T01:30:00Z")]
    [InlineData("30 1 * * *", "UTC", "2026-05-01T01:30:00Z", "2026-05-02T01:30:00Z")]
    [InlineData("0 30 1 * * *", "Europe/Berlin", "2026-05-01T00:00:00Z", "2026-05-01T23:30:00Z")]
    [InlineData("0 30 1 * * *", "W. Europe Standard Time", "2026-01-01T12:00:00Z", "2026-01-02T00:30:00Z")]
    [InlineData("0 0 12 1 7 *", "America/New_York", "2026-01-01T00:00:00Z", "2026-07-01T16:00:00Z")]
    public void The_next_run_is_at_the_zones_own_time(string expression, string zone, string after, string next) => AssertNext(expression, zone, after, next);

    [Theory]
    [InlineData("0 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("0 30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0 0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("0 */20 * * * *", "2026-03-29T00:40:00Z", "2026-03-29T01:00:00Z")]
    public void A_run_in_the_hour_that_is_left_out_happens_at_its_end(string expression, string after, string next) =>
        AssertNext(expression, "Europe/Berlin", after, next);

    [Theory]
    [InlineData("0 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("0 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 */20 * * * *", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("0 */20 * * * *", "2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("0 0 3 * * *", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z")]
    public void In_the_hour_that_comes_twice_a_fixed_run_happens_once_and_frequent_ones_go_on(string expression, string after, string next) =>
        AssertNext(expression, "Europe/Berlin", after, next);

    [Theory]
    [InlineData("every day")]
    [InlineData("0 0 25 * * *")]
    [InlineData("* * *")]
    public void What_is_no_schedule_is_not_taken_for_one(string expression) => Assert.Null(TimerSchedule.TryParse(expression, TimeZoneInfo.Utc));

    private static void AssertNext(string expression, string zone, string after, string next) =>
        Assert.Equal(Utc(next), TimerSchedule.TryParse(expression, TZConvert.GetTimeZoneInfo(zone))!.Next(Utc(after)));

    private static DateTime Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime;
}
