using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>Holds what has happened against the problems that a channel knows of.</summary>
/// <param name="deliveries">Keeps what each channel has been told.</param>
/// <param name="outcomes">Keeps outcomes.</param>
/// <param name="runs">Keeps runs with their items.</param>
internal sealed class ProblemBook(DeliveryStore deliveries, OutcomeStore outcomes, RunStore runs)
{
    private const int LookBack = 5;

    /// <summary>What a notification changes for a channel.</summary>
    public async Task<ProblemChanges> ChangesAsync(string channel, Notification notification, CancellationToken cancellationToken)
    {
        if (notification.IsTest)
        {
            return ProblemChanges.None;
        }

        IReadOnlyList<ToldProblem> told = await deliveries.GetProblemsAsync(channel, cancellationToken);
        return notification switch
        {
            { Run: { } run } => await OfRunAsync(run, told, cancellationToken),
            { Appliance: { } appliance } => OfAppliance(appliance, told),
            { Rescan: { } rescan } => await OfRescanAsync(rescan, told, cancellationToken),
            _ => ProblemChanges.None,
        };
    }

    private static ProblemChanges OfAppliance(ApplianceNotice notice, IReadOnlyList<ToldProblem> told) =>
        notice.Event == ApplianceEvent.AnswersAgain
        ? Of([], told, p => p.Id == Problem.IdOf(notice.Appliance))
        : Of([Problem.OfAppliance(notice.Appliance, notice.Reason, notice.Since)], told, _ => false);

    private static ProblemChanges Of(IReadOnlyList<Problem> problems, IReadOnlyList<ToldProblem> told, Func<ToldProblem, bool> isOver)
    {
        HashSet<string> known = told.Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
        HashSet<string> wrong = problems.Select(p => p.Told.Id).ToHashSet(StringComparer.Ordinal);
        Problem[] begun = [.. problems.Where(p => !known.Contains(p.Told.Id)).DistinctBy(p => p.Told.Id)];
        return new ProblemChanges(begun, [.. told.Where(t => !wrong.Contains(t.Id) && isOver(t))], wrong.Count - begun.Length);
    }

    private static bool IsWell(Outcome? outcome) => outcome?.Severity() is Severity.Good or Severity.Warning;

    private async Task<ProblemChanges> OfRescanAsync(
        RescanOutcome rescan, IReadOnlyList<ToldProblem> told, CancellationToken cancellationToken)
    {
        if (rescan.Outcome == Outcome.Canceled)
        {
            return ProblemChanges.None;
        }

        // A receiver may have been down for hours; what a later rescan has shown otherwise is no news.
        IReadOnlyList<RescanOutcome> recent = await outcomes.GetRecentAsync(rescan.Id, LookBack, cancellationToken);
        bool isWell = IsWell(rescan.Outcome);
        if (recent.FirstOrDefault(o => o.Outcome != Outcome.Canceled) is { } last && last.FinishedAt > rescan.FinishedAt
            && IsWell(last.Outcome) != isWell)
        {
            return ProblemChanges.None;
        }

        return isWell
            ? Of([], told, p => p.Id == Problem.IdOf(rescan.Appliance, rescan.Repository) || p.Id == Problem.IdOf(rescan.Appliance))
            : Of(
                [Problem.OfRepository(rescan.Appliance, rescan.Repository, rescan.Outcome, rescan.Reason, rescan.FinishedAt)], told,
                _ => false);
    }

    private async Task<ProblemChanges> OfRunAsync(RunSummary run, IReadOnlyList<ToldProblem> told, CancellationToken cancellationToken)
    {
        if (!run.HasFailed && told.Count == 0)
        {
            return ProblemChanges.None;
        }

        // The summary lists some; the items are all.
        RunRecord? record = await runs.GetRunAsync(run.Id, cancellationToken);
        IReadOnlyList<RunItem> items = record is null
            ? await runs.GetItemsAsync(run.Id, null, RunItemState.Ended, int.MaxValue, cancellationToken)
            : (await RunTries.ReadAsync(runs, record, cancellationToken)).Items;
        bool isCanceled = record?.Status == RunStatus.Canceled;
        List<Problem> problems =
            [.. run.Errors.Select(e => e.Split(':', 2, StringSplitOptions.TrimEntries))
                .Select(e => Problem.OfAppliance(e[0], e[^1], run.FinishedAt))];
        problems.AddRange(items
            .Where(i => i.Outcome is { } outcome ? outcome.Severity() == Severity.Bad : !isCanceled)
            .Select(i => Problem.OfRepository(i.Appliance, i.Repository, i.Outcome, i.Reason, run.FinishedAt)));
        // Where appliances could not be asked, that is why.
        if (run.RescannedNothing && run.Errors.Count == 0)
        {
            problems.Add(Problem.OfNothing(run.FinishedAt));
        }

        HashSet<string> well =
            [.. items.Where(i => IsWell(i.Outcome))
                .SelectMany(i => new[] { Problem.IdOf(i.Appliance, i.Repository), Problem.IdOf(i.Appliance) })];
        return Of(problems, told, p => well.Contains(p.Id) || (p.Appliance.Length == 0 && run.Repositories > 0));
    }
}
