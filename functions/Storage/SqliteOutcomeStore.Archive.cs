using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Export, import, pruning.</content>
internal sealed partial class SqliteOutcomeStore : IOutcomeArchive
{
    private static readonly TimeSpan LongestRescan = TimeSpan.FromDays(8);

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        RequireFile();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<OutcomeArchiveItem> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using (SqliteCommand command = Command(connection, "SELECT request, outcome FROM outcomes ORDER BY seq"))
        using (SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return new OutcomeArchiveItem { Outcome = new RecordedOutcome(reader.GetString(0), JsonSerializer.Deserialize<RescanOutcome>(reader.GetString(1))!) };
            }
        }

        using (SqliteCommand command = Command(connection, $"SELECT {IntentColumns} FROM intents ORDER BY created"))
        using (SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return new OutcomeArchiveItem { Intent = ToIntent(reader) };
            }
        }

        await foreach (OutcomeArchiveItem run in ArchivedRun.OfAsync(this, cancellationToken).ConfigureAwait(false))
        {
            yield return run;
        }
    }

    /// <inheritdoc/>
    public async Task ImportAsync(OutcomeArchiveItem item, CancellationToken cancellationToken)
    {
        if (item.Outcome is { } outcome)
        {
            await TryRecordAsync(outcome.RequestId, outcome.Outcome, cancellationToken).ConfigureAwait(false);
        }

        if (item.Intent is { } intent)
        {
            using (Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false))
            {
                await AddAsync(writer.Connection, intent with { SessionId = null }, cancellationToken).ConfigureAwait(false);
            }

            if (intent.SessionId is { } session)
            {
                await TryClaimSessionAsync(intent, session, cancellationToken).ConfigureAwait(false);
            }
        }

        if (item.Run is { } run)
        {
            await run.ImportAsync(this, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        using Writer writer = await OpenToWriteAsync(cancellationToken).ConfigureAwait(false);
        SqliteConnection connection = writer.Connection;

        // A rescan under way may still need its intent, whatever its age.
        using SqliteCommand starts = Command(
            connection,
            """
            DELETE FROM intents WHERE created < $b AND (created < $never OR request IN (SELECT request FROM outcomes));
            DELETE FROM claims WHERE created < $b AND request NOT IN (SELECT request FROM intents);
            DELETE FROM deliveries WHERE at < $b;
            DELETE FROM run_items WHERE run IN (SELECT id FROM runs WHERE finished = 1 AND julianday(json_extract(run, '$.FinishedAt')) < julianday($b));
            DELETE FROM runs WHERE finished = 1 AND julianday(json_extract(run, '$.FinishedAt')) < julianday($b);
            """,
            ("$b", Text(before)), ("$never", Text(before - LongestRescan)));
        await starts.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        using SqliteCommand prune = Command(
            connection, "DELETE FROM outcomes WHERE julianday(json_extract(outcome, '$.FinishedAt')) < julianday($b)", ("$b", Text(before)));
        int removed = await prune.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        using SqliteCommand shrink = Command(connection, "PRAGMA incremental_vacuum");
        using (SqliteDataReader reader = await shrink.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // A page a step.
            }
        }

        Run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        return removed;
    }
}
