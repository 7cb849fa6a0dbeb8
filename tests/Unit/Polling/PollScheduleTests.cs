using Rescan.Functions.Configuration;
using Rescan.Functions.Polling;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Polling;

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

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Without_a_past_the_wait_grows_as_the_square_root_of_the_age(double age)
    {
        double expected = 2 * Math.Sqrt(Options.Kappa * (age + Options.Kappa));

        Assert.InRange(PollSchedule.Next(Options, TimeSpan.FromSeconds(age), "i", 1).TotalSeconds, 0.9 * expected, (1.1 * expected) + 0.001);
    }

    [Fact]
    public void Retry_after_is_never_undercut() =>
        Assert.Equal(TimeSpan.FromHours(1), PollSchedule.Next(Options, TimeSpan.FromSeconds(5), "i", 1, TimeSpan.FromHours(1)));

    [Fact]
    public void Instances_are_spread_by_at_most_a_tenth()
    {
        double[] waits = [.. Enumerable.Range(0, 200).Select(i => PollSchedule.Next(Options, TimeSpan.FromSeconds(1000), $"i{i}", 1).TotalSeconds)];

        double middle = 2 * Math.Sqrt(Options.Kappa * (1000 + Options.Kappa));
        Assert.InRange(waits.Min(), 0.9 * middle, 0.93 * middle);
        Assert.InRange(waits.Max(), 1.07 * middle, (1.1 * middle) + 0.001);
    }
}
