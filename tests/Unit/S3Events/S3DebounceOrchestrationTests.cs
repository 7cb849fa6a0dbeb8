using Rescan.Functions.S3Events;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.S3Events;

/// <summary>Executions of the debounce: what each hands to the next, and that it leaves nothing under way.</summary>
public sealed class S3DebounceOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly S3DebouncePeriods Periods = new(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1));
    private static readonly S3DebounceState Idle = new("one", "r1", "archive", Periods);

    [Fact]
    public async Task An_event_before_the_end_of_quiet_puts_it_off()
    {
        ScriptedOrchestration script = Script();
        Create(script, TimeSpan.Zero);
        Create(script, TimeSpan.FromMinutes(2));

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        Assert.DoesNotContain(nameof(StartRescanForS3Events), script.Calls);
        Assert.Equal(Start.AddMinutes(7), Assert.IsType<S3DebounceState>(script.ContinuedWith).Due);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_the_wait_no_longer()
    {
        ScriptedOrchestration script = Script(Idle with { First = Start, Last = Start, Events = 1 })
            .SetClock(TimeSpan.FromMinutes(1), TimeSpan.FromHours(-1));

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        Assert.Single(script.Calls, nameof(StartRescanForS3Events));
        Assert.InRange(script.Elapsed, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task An_event_after_the_clock_was_set_back_is_waited_out_too()
    {
        ScriptedOrchestration script = Script(Idle with { First = Start, Last = Start, Events = 1 })
            .SetClock(TimeSpan.FromMinutes(1), TimeSpan.FromHours(-1));
        script.Raise(
            TimeSpan.FromMinutes(4), S3DebounceOrchestration.ObjectCreatedEvent, new S3ObjectCreated(Start.AddMinutes(4 - 60), null));

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        Assert.DoesNotContain(nameof(StartRescanForS3Events), script.Calls);
        Assert.Equal(Start.AddMinutes(9 - 60), Assert.IsType<S3DebounceState>(script.ContinuedWith).Due);
    }

    [Fact]
    public async Task An_end_of_quiet_starts_the_rescan()
    {
        ScriptedOrchestration script = Script(Idle with { First = Start.AddMinutes(-6), Last = Start.AddMinutes(-6), Events = 1 });

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        Assert.Single(script.Calls, nameof(StartRescanForS3Events));
        Assert.Null(Assert.IsType<S3DebounceState>(script.ContinuedWith).Due);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task While_another_rescan_runs_it_keeps_what_it_gathered()
    {
        ScriptedOrchestration script = Script(Idle with { First = Start.AddMinutes(-6), Last = Start.AddMinutes(-6), Events = 1 })
            .Answer(nameof(StartRescanForS3Events), _ => StartRescanForS3EventsResult.Busy);

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        S3DebounceState next = Assert.IsType<S3DebounceState>(script.ContinuedWith);
        Assert.Equal(1, next.Events);
        Assert.True(next.Due > Start, "It would ask again at once.");
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task After_many_events_it_begins_anew_without_its_timer()
    {
        ScriptedOrchestration script = Script();
        for (int i = 0; i < 150; i++)
        {
            Create(script, TimeSpan.FromSeconds(i));
        }

        await script.PlayAsync(S3DebounceOrchestration.RunAsync);

        Assert.Equal(S3DebounceOrchestration.EventsPerExecution, Assert.IsType<S3DebounceState>(script.ContinuedWith).Events);
        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script(S3DebounceState? state = null) =>
        new ScriptedOrchestration("s3-one-r1", state ?? Idle, Start)
            .Answer(nameof(StartRescanForS3Events), _ => StartRescanForS3EventsResult.Started);

    private static void Create(ScriptedOrchestration script, TimeSpan after) =>
        script.Raise(after, S3DebounceOrchestration.ObjectCreatedEvent, new S3ObjectCreated(Start + after, null));
}
