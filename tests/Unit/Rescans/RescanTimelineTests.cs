using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Rescans;

public sealed class RescanTimelineTests
{
    [Fact]
    public void The_first_200_polls_are_all_kept() => Assert.Equal(Enumerable.Range(1, 200).Select(i => (double)i), Polled(200));

    [Theory]
    [InlineData(201, 2)]
    [InlineData(400, 2)]
    [InlineData(401, 4)]
    [InlineData(10_000, 64)]
    public void A_longer_row_is_thinned_evenly(int polls, int stride) =>
        Assert.Equal(Enumerable.Range(1, polls).Where(i => i % stride == 0).Select(i => (double)i), Polled(polls));

    private static IReadOnlyList<double> Polled(int polls) =>
        Enumerable.Range(1, polls).Aggregate(new RescanTimeline(), (t, number) => t.WithPoll(number, number)).Polls;
}
