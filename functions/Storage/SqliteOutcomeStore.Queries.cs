using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Rescan.Functions.Storage;

/// <content>Pages, single outcomes and histories.</content>
internal sealed partial class SqliteOutcomeStore
{
    /// <inheritdoc/>
    public async Task<OutcomePage> ListAsync(OutcomeQuery query, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection,
            """
            SELECT seq, request, json_set(outcome, '$.Log', json('[]')) FROM outcomes
            WHERE seq < $before
              AND ($instance IS NULL OR instance = $instance)
              AND ($appliance IS NULL OR json_extract(outcome, '$.Appliance') = $appliance COLLATE NOCASE)
              AND ($repository IS NULL OR json_extract(outcome, '$.Repository.Id') = $repository COLLATE NOCASE OR json_extract(outcome, '$.Repository.Name') = $repository COLLATE NOCASE)
            ORDER BY seq DESC LIMIT $more
            """,
            ("$before", Before(query.ContinuationToken)), ("$instance", query.InstanceId), ("$appliance", query.Appliance), ("$repository", query.Repository), ("$more", query.Limit + 1));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<RecordedOutcome> items = [];
        long last = 0;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (items.Count == query.Limit)
            {
                return new OutcomePage(items, ContinuationToken.Of(last.ToString(CultureInfo.InvariantCulture)));
            }

            last = reader.GetInt64(0);
            items.Add(new RecordedOutcome(reader.GetString(1), JsonSerializer.Deserialize<RescanOutcome>(reader.GetString(2))!));
        }

        return new OutcomePage(items, null);
    }

    /// <inheritdoc/>
    public async Task<RescanOutcome?> GetAsync(string requestId, CancellationToken cancellationToken) =>
        (await ReadAsync("SELECT outcome FROM outcomes WHERE request = $r", cancellationToken, ("$r", requestId)).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>>> GetHistoryAsync(
        IReadOnlyCollection<string> instanceIds, int limit, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = Command(
            connection,
            """
            SELECT instance, json_extract(outcome, '$.Outcome'), json_extract(outcome, '$.DurationSeconds'), json_extract(outcome, '$.FinishedAt')
            FROM outcomes JOIN (
              SELECT seq, ROW_NUMBER() OVER (PARTITION BY instance ORDER BY seq DESC) AS age FROM outcomes WHERE instance IN (SELECT value FROM json_each($ids))
            ) USING (seq)
            WHERE age <= $n ORDER BY seq
            """,
            ("$ids", JsonSerializer.Serialize(instanceIds)), ("$n", limit));
        using SqliteDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, List<OutcomePoint>> histories = new(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            string instance = reader.GetString(0);
            if (!histories.TryGetValue(instance, out List<OutcomePoint>? points))
            {
                histories[instance] = points = [];
            }

            points.Add(new OutcomePoint(
                Enum.Parse<Outcome>(reader.GetString(1)), reader.GetDouble(2), DateTimeOffset.Parse(reader.GetString(3), CultureInfo.InvariantCulture)));
        }

        return histories.ToDictionary(h => h.Key, h => (IReadOnlyList<OutcomePoint>)h.Value, StringComparer.Ordinal);
    }

    private static long Before(string? continuationToken) => continuationToken is null ? long.MaxValue
        : long.TryParse(ContinuationToken.Read(continuationToken), NumberStyles.None, CultureInfo.InvariantCulture, out long key) ? key
        : throw new FormatException("The continuation token is not one that was handed out here.");
}
