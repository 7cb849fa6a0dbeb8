using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Runs;

/// <summary>A run over appliances side by side.</summary>
public sealed class RunOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 1, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_run_begins_rescans_each_appliance_and_finishes_once()
    {
        ScriptedOrchestration script = Script();

        RunRecord run = await script.PlayAsync(RunOrchestration.RunAsync);

        Assert.Equal("run-1", run.Id);
        Assert.Equal(
            [nameof(BeginRun), nameof(RunApplianceOrchestration), nameof(RunApplianceOrchestration), nameof(FinishRun),
                nameof(ScheduleRetry)],
            script.Calls);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_reaches_every_appliance_and_the_run_waits_for_their_ends()
    {
        ScriptedOrchestration script = Script().Raise(TimeSpan.FromSeconds(1.5), RescanEvents.Cancel, new RescanCancel("enough"));
        RunStopReason? stop = null;
        script.Answer(nameof(FinishRun), input => Finished(stop = ((FinishRunInput)input!).Stop));

        await script.PlayAsync(RunOrchestration.RunAsync);

        Assert.Equal(["partition-run-1-one", "partition-run-1-two"], script.Sent.Select(s => s.InstanceId));
        Assert.Equal(RunStopReason.Canceled, stop);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_scheduled_run_tells_that_it_has_begun_and_leaves_that_not_open()
    {
        ScriptedOrchestration script = Script(new Initiator(InitiatorKind.Schedule));

        await script.PlayAsync(RunOrchestration.RunAsync);

        Assert.Contains(nameof(Notify), script.Calls);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_run_of_no_appliance_ends()
    {
        ScriptedOrchestration script = Of([], null);

        await script.PlayAsync(RunOrchestration.RunAsync);

        Assert.Contains(nameof(FinishRun), script.Calls);
        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script(Initiator? startedBy = null) =>
        Of([new RunAppliance("one", 2), new RunAppliance("two", 2)], startedBy);

    private static ScriptedOrchestration Of(IReadOnlyList<RunAppliance> appliances, Initiator? startedBy)
    {
        RunRequest request = new(
            appliances, RunFilter.Of(null), TimeSpan.FromHours(2), TimeSpan.FromHours(8), new PollingOptions())
        {
            StartedBy = startedBy,
        };
        return new ScriptedOrchestration("run-1", request, Start)
            .Answer(nameof(RunApplianceOrchestration), _ => new PartitionEnd(null, new SelectedRepositories(1, 1, [])))
            .Answer(nameof(FinishRun), _ => Finished(null));
    }

    private static FinishedRun Finished(RunStopReason? stop) => new(
        new RunRecord
        {
            Id = "run-1", Status = stop == RunStopReason.Canceled ? RunStatus.Canceled : RunStatus.Completed,
            StartedAt = Start
        }, null);
}
