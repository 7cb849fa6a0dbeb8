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

        Assert.InRange(
            PollSchedule.Next(Options, TimeSpan.FromSeconds(age), "i", 1).TotalSeconds, 0.9 * expected, (1.1 * expected) + 0.001);
    }

    [Fact]
    public void Retry_after_is_never_undercut() =>
        Assert.Equal(TimeSpan.FromHours(1), PollSchedule.Next(Options, TimeSpan.FromSeconds(5), "i", 1, TimeSpan.FromHours(1)));

    [Fact]
    public void Instances_are_spread_by_at_most_a_tenth()
    {
        double[] waits = [
            .. Enumerable.Range(0, 200).Select(i => PollSchedule.Next(Options, TimeSpan.FromSeconds(1000), $"i{i}", 1).TotalSeconds)];

        double middle = 2 * Math.Sqrt(Options.Kappa * (1000 + Options.Kappa));
        Assert.InRange(waits.Min(), 0.9 * middle, 0.93 * middle);
        Assert.InRange(waits.Max(), 1.07 * middle, (1.1 * middle) + 0.001);
    }

    [Fact]
    public void An_end_ten_times_sooner_than_the_past_says_costs_at_most_twice_what_it_costs_without_a_past()
    {
        double[] durations = [300, 900, 2700, 8100, 24_300, 72_900];
        double[] shares = [0.08, 0.09, 0.1, 0.11, 0.12];

        double Sum(Func<double, double[]> past) => durations.Sum(d => shares.Sum(share => Cost(past(d), share * d)));

        Assert.InRange(Sum(Past), 0, 2 * Sum(_ => []));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1500)]
    public void Looking_out_for_such_an_end_costs_a_session_like_those_before_two_polls(double duration) =>
        Assert.InRange(Cost([.. Enumerable.Repeat(duration, 20)], duration), Options.Kappa, 4 * Options.Kappa);

    [Fact]
    public void Pasts_of_any_size_give_waits_between_the_clamps() => Assert.All(
        (double[][])[[0.001], [1e-9, 1e9], [7 * 86400], [.. Enumerable.Repeat(0.5, 20)], [5, double.NaN, -1, double.PositiveInfinity]],
        past => Assert.All(
            (double[])[0, 0.5, 10, 3600, 1e6],
            age => Assert.InRange(
                PollSchedule.Next(Options, past, TimeSpan.FromSeconds(age), "i", 1), Options.MinInterval, Options.MaxInterval)));

    /// <summary>Twenty durations that vary by a fifth, in no order.</summary>
    private static double[] Past(double typical) =>
        [.. Enumerable.Range(0, 20).Select(run => typical * Math.Exp(0.2 * Math.Sin(7 * run) * 1.4))];

    /// <summary>Delay, and kappa a poll.</summary>
    private static double Cost(double[] past, double duration)
    {
        double age = 0;
        int polls = 0;
        for (; age < duration; polls++)
        {
            age += PollSchedule.Next(Options, past, TimeSpan.FromSeconds(age), "rescan-a-b", polls).TotalSeconds;
        }

        return (Options.Kappa * polls) + age - duration;
    }
}
