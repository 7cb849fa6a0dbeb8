using Rescan.Functions.Configuration;
using Rescan.Functions.Polling;

namespace Rescan.Tests.Polling;

public sealed class PollScheduleTests
{
    private static readonly PollingOptions Options = new();

    [Fact]
    public void A_session_of_an_hour_takes_at_most_a_hundred_polls()
    {
        TimeSpan age = TimeSpan.Zero;
        int polls = 0;
        for (; age < TimeSpan.FromHours(1); polls++)
        {
            age += PollSchedule.Next(Options, age, "rescan-a-b", polls);
        }

        Assert.InRange(polls, 10, 100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1e7)]
    public void The_wait_stays_between_the_clamps(double seconds) => Assert.InRange(
        PollSchedule.Next(Options, TimeSpan.FromSeconds(seconds), "i", 1), Options.MinInterval, Options.MaxInterval);

    [Fact]
    public void The_wait_grows_as_the_square_root_of_the_age()
    {
        double ratio = PollSchedule.Next(Options, TimeSpan.FromSeconds(4000), "i", 1) / PollSchedule.Next(Options, TimeSpan.FromSeconds(1000), "i", 1);

        Assert.Equal(2, ratio, 6);
    }

    [Fact]
    public void Retry_after_is_never_undercut() =>
        Assert.Equal(TimeSpan.FromHours(1), PollSchedule.Next(Options, TimeSpan.FromSeconds(5), "i", 1, TimeSpan.FromHours(1)));

    [Fact]
    public void Instances_are_spread_by_at_most_a_tenth()
    {
        double[] waits = [.. Enumerable.Range(0, 200).Select(i => PollSchedule.Next(Options, TimeSpan.FromSeconds(1000), $"i{i}", 1).TotalSeconds)];

        Assert.InRange(waits.Min(), 89.9, 95);
        Assert.InRange(waits.Max(), 105, 110.1);
    }
}
