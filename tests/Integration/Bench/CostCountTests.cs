using Rescan.Bench.Cost;

namespace Rescan.Tests.Integration.Bench;

public sealed class CostCountTests
{
    [Fact]
    public async Task A_rescan_of_one_poll_on_sqlite_is_counted_to_the_request()
    {
        CostCount count = Assert.Single(await CostRun.RunAsync(null, [TimeSpan.FromSeconds(1)]));

        // Listing the repositories to find the one, version, start, session, its log, and the log once more to keep it.
        Assert.Equal(1, count.Polls);
        Assert.Equal(6, count.ApplianceRequests);

        // Where two things arrive at once they share a turn or a commit, so these are the most.
        Assert.Equal(12, count.Executions);

        // The owner of the file gives a sign of life every eleven seconds besides.
        Assert.InRange(count.StorageTransactions, 8, 13);
    }

    [Fact]
    public void What_lies_between_two_counts_lies_on_their_line()
    {
        CostCount middle = CostCount.At(6, new CostCount(2, 7, 15, 12, 100), new CostCount(4, 11, 21, 16, 140));

        Assert.Equal(new CostCount(6, 15, 27, 20, 180), middle);
    }
}
