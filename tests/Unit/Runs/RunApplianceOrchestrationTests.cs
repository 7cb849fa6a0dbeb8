using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Runs;

/// <summary>One appliance's part of a run.</summary>
public sealed class RunApplianceOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 1, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task It_lists_once_and_dispatches_at_each_end_until_none_is_left()
    {
        ScriptedOrchestration script = Script(rounds: 2);
        foreach (int second in (int[])[10, 20])
        {
            script.Raise(
                TimeSpan.FromSeconds(second), RescanEnded.EventName,
                new RescanEnded("rescan-one-r", $"request-{second}", Outcome.Succeeded));
        }

        PartitionEnd? end = await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Null(end?.Error);
        Assert.Equal(
            [nameof(SelectRepositories), nameof(DispatchRescans), nameof(DispatchRescans), nameof(DispatchRescans)],
            script.Calls.Where(c => c != "timer"));
        Assert.True(script.CurrentUtcDateTime < Start.AddSeconds(30), "It waited for its timer.");
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_lost_end_costs_a_wait_and_no_repository()
    {
        ScriptedOrchestration script = Script(rounds: 3);

        PartitionEnd? end = await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Null(end?.Error);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_cancel_is_dispatched_and_the_rescans_in_flight_are_waited_for()
    {
        List<RunStopReason?> stops = [];
        ScriptedOrchestration script = Script(rounds: 2, dispatched: i => stops.Add(i.Stop))
            .Raise(TimeSpan.FromSeconds(5), RescanEvents.Cancel, new RescanCancel("enough"));

        await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Equal([null, RunStopReason.Canceled, RunStopReason.Canceled], stops);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task An_appliance_that_does_not_answer_is_told_after_ten_minutes_and_given_up_after_an_hour()
    {
        DateTime? told = null;
        ScriptedOrchestration script = null!;
        script = Script(rounds: 0)
            .Answer(nameof(SelectRepositories), _ => Away())
            .Answer(nameof(Notify), _ => told ??= script.CurrentUtcDateTime);

        PartitionEnd? end = await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Equal(Outcome.Unreachable, end?.Outcome);
        Assert.Single(script.Calls, nameof(Notify));
        Assert.InRange(told!.Value - Start.UtcDateTime, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
        Assert.InRange(script.CurrentUtcDateTime - Start.UtcDateTime, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(61));
        Assert.Empty(script.Open);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(9.9)]
    public async Task A_clock_that_is_set_back_keeps_nobody_waiting_for_an_appliance_that_answers_again(double minutes)
    {
        ScriptedOrchestration script = null!;
        script = Script(rounds: 0)
            .SetClock(TimeSpan.FromMinutes(minutes), TimeSpan.FromHours(-3))
            .Answer(nameof(SelectRepositories), _ => script.Elapsed < TimeSpan.FromMinutes(12)
                ? Away()
                : new ActivityResult<SelectedRepositories>(new SelectedRepositories(2, 2, []), null, new RequestCounts()));

        PartitionEnd? end = await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Null(end?.Error);
        Assert.InRange(script.Elapsed, TimeSpan.FromMinutes(12), TimeSpan.FromMinutes(25));
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_the_look_for_a_lost_end_no_later()
    {
        ScriptedOrchestration right = Script(rounds: 3);
        await right.PlayAsync(RunApplianceOrchestration.RunAsync);
        ScriptedOrchestration script = Script(rounds: 3).SetClock(TimeSpan.FromSeconds(20), TimeSpan.FromHours(-3));

        await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Equal(right.Elapsed, script.Elapsed);
    }

    [Fact]
    public async Task A_cancel_ends_the_wait_for_an_appliance_that_does_not_answer()
    {
        ScriptedOrchestration script = Script(rounds: 0)
            .Answer(nameof(SelectRepositories), _ => Away())
            .Raise(TimeSpan.FromMinutes(3), RescanEvents.Cancel, new RescanCancel("enough"));

        PartitionEnd? end = await script.PlayAsync(RunApplianceOrchestration.RunAsync);

        Assert.Equal(Outcome.Canceled, end?.Outcome);
        Assert.True(script.CurrentUtcDateTime < Start.AddMinutes(4), "The cancel was not heeded.");
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_long_part_starts_anew_with_nothing_under_way()
    {
        ScriptedOrchestration script = Script(rounds: 1000);

        Assert.Null(await script.PlayAsync(RunApplianceOrchestration.RunAsync));

        Assert.NotNull(Assert.IsType<AppliancePartition>(script.ContinuedWith).Selected);
        Assert.Empty(script.Open);
    }

    private static ActivityResult<SelectedRepositories> Away() =>
        new(null, new ApplianceError(ApplianceFailure.Transient, "It does not answer.", null), new RequestCounts());

    private static ScriptedOrchestration Script(int rounds, Action<DispatchRescansInput>? dispatched = null)
    {
        RunAppliance appliance = new("one", 2);
        RunRequest request = new([appliance], RunFilter.Of(null), TimeSpan.FromHours(2), TimeSpan.FromHours(8), new PollingOptions());
        int round = 0;
        return new ScriptedOrchestration(
            "partition-run-1-one", new AppliancePartition("run-1", appliance, request, Start.AddHours(8)), Start)
            .Answer(
                nameof(SelectRepositories),
                _ => new ActivityResult<SelectedRepositories>(new SelectedRepositories(2, 2, []), null, new RequestCounts()))
            .Answer(nameof(DispatchRescans), input =>
            {
                dispatched?.Invoke((DispatchRescansInput)input!);
                return new DispatchProgress(round++ < rounds ? 1 : 0, false);
            });
    }
}
