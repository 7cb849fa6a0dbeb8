using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Tests.Unit.Runs;

/// <summary>What is left to do of a run.</summary>
public sealed class RunRepetitionTests
{
    [Theory]
    [InlineData(Outcome.Succeeded, false, false, false)]
    [InlineData(Outcome.Warning, false, false, false)]
    [InlineData(Outcome.Failed, true, true, true)]
    [InlineData(Outcome.TimedOut, true, true, true)]
    [InlineData(Outcome.Lost, true, true, true)]
    [InlineData(Outcome.Unreachable, true, true, true)]
    [InlineData(Outcome.Rejected, false, true, true)]
    [InlineData(Outcome.Canceled, false, false, true)]
    [InlineData(null, true, true, true)]
    public void What_is_taken_by_outcome(Outcome? outcome, bool byItself, bool byHand, bool withCanceled)
    {
        RunRecord run = Run();
        RunItem item = Item("a", outcome);
        RunRecord unlisted = Run() with { Unlisted = [new UnlistedAppliance("one", outcome)] };

        (bool, bool, bool)[] cases = [(false, false, byItself), (false, true, byHand), (true, true, withCanceled)];
        foreach ((bool canceled, bool rejected, bool expected) in cases)
        {
            Assert.Equal(expected ? 1 : 0, new RunRepetition(run, [item], canceled, rejected).Taken.Count);
            Assert.Equal(expected ? ["one"] : [], new RunRepetition(run, [item], canceled, rejected).Appliances);

            // The same holds for an appliance that listed nothing, except that a run lists none which is well.
            if (outcome is not (Outcome.Succeeded or Outcome.Warning))
            {
                Assert.Equal(expected ? ["one"] : [], new RunRepetition(unlisted, [], canceled, rejected).Appliances);
            }
        }
    }

    [Fact]
    public void A_canceled_run_s_repositories_without_an_outcome_count_as_canceled()
    {
        RunRecord run = Run() with { Status = RunStatus.Canceled };

        Assert.Empty(new RunRepetition(run, [Item("a", null)], false, true).Appliances);
        Assert.Equal(1, new RunRepetition(run, [Item("a", null)], false, true).Canceled);
        Assert.Single(new RunRepetition(run, [Item("a", null)], true, true).Taken);
    }

    [Fact]
    public void An_appliance_that_was_cut_off_lists_anew_without_what_is_done()
    {
        RunRecord run = Run() with { Unlisted = [new UnlistedAppliance("ONE", null)] };

        RunItem[] items = [Item("a", Outcome.Succeeded), Item("b", Outcome.Failed), Item("c", Outcome.Canceled)];
        RepeatedItems on = new RunRepetition(run, items, false, true).On("one");

        Assert.True(on.ListsAnew);
        Assert.Equal(["b"], on.Taken.Select(i => i.Repository.Id));
        Assert.Equal(["a", "c"], on.LeftOut.Order());
        Assert.False(new RunRepetition(run, [], false, true).On("two").ListsAnew);
    }

    [Fact]
    public void A_run_that_never_wrote_its_end_is_repeated_for_all_that_is_not_done()
    {
        RunRecord run = Run() with { Status = RunStatus.Running, FinishedAt = null };

        RunRepetition left = new(run, [Item("a", Outcome.Succeeded), Item("b", null) with { State = RunItemState.Running }], false, true);

        Assert.Equal(["one", "two"], left.Appliances.Order());
        Assert.Equal(["a"], left.On("one").LeftOut);
    }

    private static RunRecord Run() => new()
    {
        Id = "run-1", Status = RunStatus.Completed, StartedAt = DateTimeOffset.UnixEpoch,
        FinishedAt = DateTimeOffset.UnixEpoch.AddHours(1), Appliances = ["one", "two"],
    };

    private static RunItem Item(string id, Outcome? outcome) => new()
    {
        Appliance = "one", Repository = new RepositoryRef(id, id), Turn = 0, RequestId = id, State = RunItemState.Ended, Outcome = outcome,
    };
}
