using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Rescan.Functions.Storage;

/// <summary>One thing that is kept, as it moves from table to table.</summary>
public sealed record OutcomeArchiveItem
{
    /// <summary>A rescan's request id and its outcome.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedOutcome? Outcome { get; init; }

    /// <summary>An intent, its session included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RescanIntent? Intent { get; init; }

    /// <summary>A run and its items.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArchivedRun? Run { get; init; }
}

/// <summary>A run with every item.</summary>
/// <param name="Record">The run.</param>
/// <param name="Items">Its items, by appliance and turn.</param>
public sealed record ArchivedRun(RunRecord Record, IReadOnlyList<RunItem> Items);

/// <summary>Exports and imports all that is kept, and removes what is old.</summary>
/// <param name="table">Where it is kept.</param>
/// <param name="outcomes">Outcomes.</param>
/// <param name="intents">Intents and claims.</param>
/// <param name="runs">Runs.</param>
/// <param name="deliveries">Deliveries.</param>
public sealed class OutcomeArchive(ITable table, OutcomeStore outcomes, IntentStore intents, RunStore runs, DeliveryStore deliveries)
{
    private const int PageSize = 1000;

    // Longer than any deadline: a rescan may still need its intent until then.
    private static readonly TimeSpan LongestRescan = TimeSpan.FromDays(8);

    /// <summary>The archive of a table.</summary>
    public static OutcomeArchive Of(ITable table) =>
        new(table, new OutcomeStore(table), new IntentStore(table, TimeProvider.System), new RunStore(table), new DeliveryStore(table));

    /// <inheritdoc cref="ITable.OpenAsync"/>
    public Task OpenAsync(CancellationToken cancellationToken) => table.OpenAsync(cancellationToken);

    /// <summary>Outcomes, then intents, then runs, oldest first.</summary>
    public async IAsyncEnumerable<OutcomeArchiveItem> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (RecordedOutcome outcome in outcomes.ExportAsync(cancellationToken))
        {
            yield return new OutcomeArchiveItem { Outcome = outcome };
        }

        await foreach (RescanIntent intent in intents.ExportAsync(cancellationToken))
        {
            yield return new OutcomeArchiveItem { Intent = intent };
        }

        List<RunRecord> records = [];
        string? next = null;
        do
        {
            RunRecordPage page = await runs.ListRunsAsync(PageSize, next, cancellationToken);
            records.AddRange(page.Items);
            next = page.ContinuationToken;
        }
        while (next is not null);
        records.Reverse();
        foreach (RunRecord run in records)
        {
            yield return new OutcomeArchiveItem
            {
                Run = new ArchivedRun(
                run, await runs.GetItemsAsync(run.Id, null, null, int.MaxValue, cancellationToken))
            };
        }
    }

    /// <summary>Takes one thing in; what is here already stays as it is.</summary>
    public async Task ImportAsync(OutcomeArchiveItem item, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Outcome is { } outcome)
        {
            await outcomes.TryRecordAsync(outcome.RequestId, outcome.Outcome, cancellationToken);
        }

        if (item.Intent is { } intent)
        {
            await intents.GetOrAddIntentAsync(intent with { SessionId = null }, cancellationToken);
            if (intent.SessionId is { } session)
            {
                await intents.TryClaimSessionAsync(intent, session, cancellationToken);
            }
        }

        if (item.Run is { } run)
        {
            await runs.AddRunAsync(run.Record, cancellationToken);
            await runs.AddItemsAsync(run.Record.Id, run.Items, cancellationToken);
        }
    }

    /// <summary>Removes outcomes and runs that ended, intents written and deliveries made, before a time.</summary>
    /// <returns>The number of outcomes removed.</returns>
    public async Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await intents.PruneAsync(
            before,
            async intent => intent.CreatedAt >= before - LongestRescan
            && await outcomes.GetAsync(intent.RequestId, cancellationToken) is null,
            cancellationToken);
        await deliveries.PruneAsync(before, cancellationToken);
        await runs.PruneAsync(before, cancellationToken);
        return await outcomes.PruneAsync(before, cancellationToken);
    }
}
