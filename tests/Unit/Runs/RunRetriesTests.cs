using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Tests.Unit.Runs;

/// <summary>When a run is retried by itself, and what its tries add up to.</summary>
public sealed class RunRetriesTests
{
    private static readonly DateTimeOffset End = new(2026, 3, 1, 2, 10, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(RunStatus.Completed, 1, 1, Outcome.Failed, true)]
    [InlineData(RunStatus.TimedOut, 1, 1, Outcome.TimedOut, true)]
    [InlineData(RunStatus.Completed, 1, 1, Outcome.Unreachable, true)]
    [InlineData(RunStatus.Completed, 1, 1, null, true)]
    [InlineData(RunStatus.Completed, 2, 2, Outcome.Lost, true)]
    [InlineData(RunStatus.Completed, 2, 1, Outcome.Lost, false)]
    [InlineData(RunStatus.Completed, 1, 0, Outcome.Failed, false)]
    [InlineData(RunStatus.Canceled, 1, 1, Outcome.Failed, false)]
    [InlineData(RunStatus.Completed, 1, 1, Outcome.Rejected, false)]
    [InlineData(RunStatus.Completed, 1, 1, Outcome.Canceled, false)]
    [InlineData(RunStatus.Completed, 1, 1, Outcome.Warning, false)]
    public void A_run_is_retried_while_tries_are_left_for_what_a_retry_may_help(
        RunStatus status, int thisTry, int atMost, Outcome? outcome, bool retried)
    {
        RunRecord run = Run("run-a", thisTry) with { Status = status };
        RetryOptions options = new() { After = TimeSpan.FromMinutes(30), AtMost = atMost };

        DateTimeOffset? byItem = RunRetries.Plan(run, [Item("a", outcome), Item("b", Outcome.Succeeded)], options)?.DueAt;
        DateTimeOffset? byAppliance = RunRetries.Plan(run with { Unlisted = [new UnlistedAppliance("one", outcome)] }, [], options)?.DueAt;

        Assert.Equal(retried ? End.AddMinutes(30) : null, byItem);
        if (outcome != Outcome.Warning)
        {
            Assert.Equal(byItem, byAppliance);
        }
    }

    [Fact]
    public void Tries_add_up_to_what_the_last_one_that_saw_to_each_repository_found()
    {
        RunRecord first = Run("run-a", 1) with { Errors = ["two: no answer", "three: no answer"], Warnings = ["w"] };
        RunRecord second = Run("run-b", 2) with { Appliances = ["one", "two", "three"], Errors = ["three: still none"], Warnings = ["w"] };
        RunRecord third = Run("run-c", 3) with { Appliances = ["one"], Status = RunStatus.Canceled, FinishedAt = End.AddHours(2) };

        RunTries tries = RunTries.Of(
            [first, second, third],
            [
                [Item("a", Outcome.Succeeded), Item("b", Outcome.Failed), Item("c", Outcome.Lost), Item("d", Outcome.Rejected)],
                [Item("b", Outcome.Succeeded), Item("c", Outcome.Lost), Item("e", Outcome.Warning)],
                [Item("c", Outcome.Canceled)],
            ]);
        RunSummary summary = tries.Summarize();

        Assert.Equal(
            ["a Succeeded", "b Succeeded", "c Lost", "d Rejected", "e Warning"],
            tries.Items.Select(i => $"{i.Repository.Id} {i.Outcome}").Order());
        Assert.Equal(("run-c", 5, 2), (summary.Id, summary.Repositories, summary.Failed));
        Assert.Equal(["run-a", "run-b", "run-c"], summary.Tries);
        Assert.Equal(["three: still none"], summary.Errors);
        Assert.Equal(["w"], summary.Warnings);

        // Repository b, and appliance two.
        Assert.Equal(2, summary.Mended);
        Assert.Equal((End.AddHours(-1), End.AddHours(2)), (summary.StartedAt, summary.FinishedAt));
    }

    [Fact]
    public void A_single_try_is_told_as_it_is()
    {
        RunRecord run = Run("run-a", 1) with { Counts = new Dictionary<string, int> { ["Failed"] = 1 } };
        RunSummary summary = RunTries.Of([run], [[Item("a", Outcome.Failed)]]).Summarize();

        Assert.Equal((1, 0, 0), (summary.Failed, summary.Mended, summary.Tries.Count));
    }

    private static RunRecord Run(string id, int thisTry) => new()
    {
        Id = id, Status = RunStatus.Completed, StartedAt = End.AddHours(-1), FinishedAt = End, Appliances = ["one", "two", "three"],
        Repeats = thisTry == 1 ? null : new RunRepeat("run-before", thisTry, false, new Initiator(InitiatorKind.Retry)),
    };

    private static RunItem Item(string id, Outcome? outcome) => new()
    {
        Appliance = "one", Repository = new RepositoryRef(id, id), Turn = 0, RequestId = id, State = RunItemState.Ended, Outcome = outcome,
    };
}
