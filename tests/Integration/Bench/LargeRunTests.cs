using Rescan.Bench.Runs;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Bench;

public sealed class LargeRunTests
{
    [Fact]
    public async Task A_large_run_asks_for_one_token_a_lifetime_and_starts_are_delayed_by_the_concurrency_limit_only()
    {
        LargeRunResult result = await LargeRun.RunAsync(new LargeRunSize(2, 12, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(40)));

        Assert.Equal(24, result.Rescans);
        Assert.InRange(result.VirtualTime, TimeSpan.FromHours(2), TimeSpan.FromHours(3));
        Assert.InRange(result.ClosestTokens, 59.0 / 60, 2);
        Assert.Equal(TimeSpan.Zero, result.StartDelay);

        // Version, start and final log, and two a poll; then the listing and the tokens of each appliance.
        Assert.InRange(result.RequestsEach, 3 + (2 * result.PollsEach), 3.5 + (2 * result.PollsEach));
    }
}
