using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Runs;

/// <summary>The wait before a run's failures are retried.</summary>
public sealed class RunRetryOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task It_starts_the_retry_when_that_is_due()
    {
        ScriptedOrchestration script = Script();

        await script.PlayAsync(RunRetryOrchestration.RunAsync);

        Assert.Equal(["timer", nameof(StartRetry)], script.Calls);
        Assert.Equal(Start.AddHours(1).AddSeconds(1), script.CurrentUtcDateTime);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_ends_the_wait_and_tells_what_was_not_told()
    {
        ScriptedOrchestration script = Script()
            .Raise(TimeSpan.FromMinutes(1), RescanEvents.Cancel, "enough")
            .Answer(nameof(StartRetry), _ => new Notification("run-1"));

        await script.PlayAsync(RunRetryOrchestration.RunAsync);

        Assert.Equal(["timer", nameof(StartRetry), nameof(Notify)], script.Calls);
        Assert.True(script.CurrentUtcDateTime < Start.AddMinutes(2), "The cancel was not heeded.");
        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script() => new("retry-run-1", new RunRetryRequest("run-1", Start.AddHours(1)), Start);
}
