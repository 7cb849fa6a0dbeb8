using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>What a repetition takes of one appliance.</summary>
/// <param name="Taken">The items that it takes.</param>
/// <param name="LeftOut">The ids of repositories that it does not take, though the run had them.</param>
/// <param name="ListsAnew">Whether the appliance is to list its repositories again, since the run had not all of them.</param>
internal sealed record RepeatedItems(IReadOnlyList<RunItem> Taken, IReadOnlySet<string> LeftOut, bool ListsAnew);

/// <summary>What is left to do of a run that has ended. Pure.</summary>
/// <param name="run">The run, as it was written down.</param>
/// <param name="items">Its items, or those of one appliance.</param>
/// <param name="withCanceled">Whether canceled rescans are taken too.</param>
/// <param name="withRejected">Whether refused ones are taken, which no retry helps before a person has mended the cause.</param>
internal sealed class RunRepetition(RunRecord run, IReadOnlyList<RunItem> items, bool withCanceled, bool withRejected)
{
    /// <summary>What a repetition that is under way takes: a person may have mended what was refused, time alone has not.</summary>
    public static RunRepetition Of(RunRecord run, IReadOnlyList<RunItem> items, RunRepeat repeat) =>
        new(run, items, repeat.Canceled, repeat.StartedBy.Kind != InitiatorKind.Retry);

    /// <summary>The items that are taken.</summary>
    public IReadOnlyList<RunItem> Taken { get; } = [.. items.Where(i => Takes(EndOf(run, i), withCanceled, withRejected))];

    /// <summary>The appliances that have something to repeat.</summary>
    public IReadOnlySet<string> Appliances =>
        Taken.Select(i => i.Appliance)
            .Concat(run.Appliances.Where(ListsAnew))
            .Concat(run.Unlisted.Select(u => u.Appliance).Where(ListsAnew))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many items were canceled.</summary>
    public int Canceled => items.Count(i => EndOf(run, i) == Outcome.Canceled) + run.Unlisted.Count(u => u.Outcome == Outcome.Canceled);

    /// <summary>What is taken of one appliance.</summary>
    public RepeatedItems On(string appliance)
    {
        bool IsOfIt(RunItem item) => string.Equals(item.Appliance, appliance, StringComparison.OrdinalIgnoreCase);
        RunItem[] taken = [.. Taken.Where(IsOfIt)];
        HashSet<string> leftOut = items.Where(IsOfIt).Select(i => i.Repository.Id).ToHashSet(StringComparer.Ordinal);
        leftOut.ExceptWith(taken.Select(i => i.Repository.Id));
        return new RepeatedItems(taken, leftOut, ListsAnew(appliance));
    }

    /// <summary>
    /// How the run ended for a repository. One that a canceled run left without an outcome was not seen to for that reason.
    /// </summary>
    private static Outcome? EndOf(RunRecord run, RunItem item) =>
        item.Outcome ?? (run.Status == RunStatus.Canceled && item.State == RunItemState.Ended ? Outcome.Canceled : null);

    private static bool Takes(Outcome? outcome, bool withCanceled, bool withRejected) => outcome switch
    {
        Outcome.Succeeded or Outcome.Warning => false,
        Outcome.Canceled => withCanceled,
        Outcome.Rejected => withRejected,
        _ => true,
    };

    /// <summary>A run that was ended by hand or by a fault, and wrote no end, may not have listed any appliance to the last.</summary>
    private bool ListsAnew(string appliance) =>
        run.FinishedAt is null || run.Status == RunStatus.Failed
        || run.Unlisted.Any(u => string.Equals(u.Appliance, appliance, StringComparison.OrdinalIgnoreCase)
            && Takes(u.Outcome, withCanceled, withRejected));
}
