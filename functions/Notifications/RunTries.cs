using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>A run with the tries before it: together they tell how the first one's repositories fare.</summary>
/// <param name="Tries">The tries, the first one first.</param>
/// <param name="Items">Each repository, as the last try that saw to it left it.</param>
/// <param name="Mended">How many repositories and appliances went wrong at first and well at a later try.</param>
internal sealed record RunTries(IReadOnlyList<RunRecord> Tries, IReadOnlyList<RunItem> Items, int Mended)
{
    /// <summary>Whether the schedule started the first try.</summary>
    public bool IsScheduled => Tries[0].StartedBy?.Kind == InitiatorKind.Schedule;

    /// <summary>Reads a run and the tries before it.</summary>
    public static async Task<RunTries> ReadAsync(RunStore runs, RunRecord last, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        List<RunRecord> tries = [last];
        while (tries[0].Try > 1 && await runs.GetRunAsync(tries[0].Repeats!.RunId, cancellationToken) is { } before)
        {
            tries.Insert(0, before);
        }

        List<IReadOnlyList<RunItem>> items = [];
        foreach (RunRecord run in tries)
        {
            items.Add(await runs.GetItemsAsync(run.Id, null, RunItemState.Ended, int.MaxValue, cancellationToken));
        }

        return Of(tries, items);
    }

    /// <summary>Puts tries together. Pure.</summary>
    /// <param name="tries">The tries, the first one first.</param>
    /// <param name="items">Each one's ended items.</param>
    public static RunTries Of(IReadOnlyList<RunRecord> tries, IReadOnlyList<IReadOnlyList<RunItem>> items)
    {
        Dictionary<(string Appliance, string Repository), RunItem> latest = [];
        HashSet<(string Appliance, string Repository)> failed = [];
        for (int i = 0; i < tries.Count; i++)
        {
            foreach (RunItem item in items[i])
            {
                (string Appliance, string Repository) key = (item.Appliance.ToLowerInvariant(), item.Repository.Id);
                bool isCanceled = item.Outcome == Outcome.Canceled || (item.Outcome is null && tries[i].Status == RunStatus.Canceled);

                // A try that was canceled leaves what the one before it found.
                if (!isCanceled || !latest.ContainsKey(key))
                {
                    latest[key] = item;
                }

                if (!isCanceled && !IsWell(item))
                {
                    failed.Add(key);
                }
            }
        }

        HashSet<string> silent = [.. tries.SkipLast(1).SelectMany(t => t.Errors).Select(ApplianceOf)];
        silent.ExceptWith(ErrorsOf(tries).Select(ApplianceOf));
        return new RunTries(tries, [.. latest.Values], tries.Count == 1 ? 0 : failed.Count(k => IsWell(latest[k])) + silent.Count);
    }

    /// <summary>Sums them up, under the id of the last.</summary>
    public RunSummary Summarize()
    {
        RunRecord last = Tries[^1];
        if (Tries.Count == 1)
        {
            return RunSummary.Of(last, Items);
        }

        RunRecord all = last with
        {
            StartedAt = Tries[0].StartedAt,
            Counts = RunSummary.Count(Items),
            Errors = ErrorsOf(Tries),
            Warnings = [.. Tries.SelectMany(t => t.Warnings).Distinct(StringComparer.Ordinal)],
        };
        return RunSummary.Of(all, Items) with { Tries = [.. Tries.Select(t => t.Id)], Mended = Mended };
    }

    private static bool IsWell(RunItem item) => item.Outcome?.Severity() is Severity.Good or Severity.Warning;

    private static string ApplianceOf(string error) => error.Split(':', 2)[0].ToLowerInvariant();

    /// <summary>What a later try took of an appliance, it tells of it.</summary>
    private static List<string> ErrorsOf(IReadOnlyList<RunRecord> tries)
    {
        List<string> errors = [];
        foreach (RunRecord run in tries)
        {
            // A try that was canceled may not have come to it.
            IEnumerable<string> seen = run.Status == RunStatus.Canceled ? run.Errors.Select(ApplianceOf) : run.Appliances;
            errors.RemoveAll(e => seen.Contains(ApplianceOf(e), StringComparer.OrdinalIgnoreCase));
            errors.AddRange(run.Errors);
        }

        return errors;
    }
}
