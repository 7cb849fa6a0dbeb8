using System.Globalization;
using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Core.Query;

namespace DurableTask.Sqlite;

/// <summary>States of instances for callers.</summary>
internal static class InstanceReads
{
    private const string Columns = "i.id, i.execution, i.status, i.created, i.updated, i.completed, i.custom_status, s.event, i.key";
    private const string Payloads = ", s.input, i.output, i.failure";
    private const string From = " FROM instances i JOIN starts s ON s.instance = i.key ";

    public static OrchestrationState? Get(SqliteSession db, string id) =>
        db.Query($"SELECT {Columns}{Payloads}{From} WHERE i.id = ?1", row => Read(row, true).State, id) is [var state] ? state : null;

    public static List<HistoryEvent>? GetHistory(SqliteSession db, string id)
    {
        if (HubReads.Find(db, id) is not { } found)
        {
            return null;
        }

        StoredInstance? stored = HubReads.Load(db, id, found.Key, 0, withDue: false);
        return stored is null ? null : stored.Turns == 0 && stored.Events.Count == 0 ? [stored.Start] : stored.Events;
    }

    /// <summary>A page in the order of creation.</summary>
    /// <exception cref="ArgumentException">The token is none of ours.</exception>
    public static OrchestrationQueryResult Query(SqliteSession db, OrchestrationQuery query)
    {
        (long created, long key) = ParseToken(query.ContinuationToken);
        int size = Math.Clamp(query.PageSize, 1, 10_000);
        bool payloads = query.FetchInputsAndOutputs;
        string prefix = query.InstanceIdPrefix ?? "";
        List<(OrchestrationState State, long Key)> rows = db.Query(
            $"""
            SELECT {Columns}{(payloads ? Payloads : "")}{From}
            WHERE (i.created, i.key) > (?1, ?2) AND i.created >= ?3 AND i.created <= ?4 AND (?5 >> i.status) & 1
                AND substr(i.id, 1, ?6) = ?7 {(query.ExcludeEntities ? "AND substr(i.id, 1, 1) <> '@'" : "")}
            ORDER BY i.created, i.key LIMIT ?8
            """,
            row => Read(row, payloads),
            created, key, Ticks(query.CreatedTimeFrom) ?? long.MinValue, Ticks(query.CreatedTimeTo) ?? long.MaxValue,
            StatusBits(query.RuntimeStatus),
            CodePoints(prefix), prefix, size + 1);
        bool more = rows.Count > size;
        if (more)
        {
            rows.RemoveAt(size);
        }

        return new OrchestrationQueryResult(
            [.. rows.Select(r => r.State)],
            more ? string.Create(CultureInfo.InvariantCulture, $"{rows[^1].State.CreatedTime.Ticks}.{rows[^1].Key}") : null);
    }

    public static long StatusBits(IEnumerable<OrchestrationStatus>? statuses)
    {
        long bits = 0;
        foreach (OrchestrationStatus status in statuses ?? [])
        {
            bits |= 1L << (int)status;
        }

        return bits == 0 ? -1 : bits;
    }

    public static long? Ticks(DateTime? time) =>
        time is not { } value ? null : value.Kind == DateTimeKind.Unspecified ? value.Ticks : value.ToUniversalTime().Ticks;

    private static int CodePoints(string text) => text.EnumerateRunes().Count();

    private static (long Created, long Key) ParseToken(string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return (long.MinValue, 0);
        }

        int dot = token.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot + 1 < token.Length
            && long.TryParse(token.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out long created)
                && created <= DateTime.MaxValue.Ticks
            && long.TryParse(token.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long key)
                ? (created, key)
                : throw new ArgumentException("The continuation token was not made by this task hub.", nameof(token));
    }

    private static (OrchestrationState State, long Key) Read(SqliteRow row, bool payloads)
    {
        PayloadReader start = new(row.GetBytes(7));
        ExecutionStartedEvent e = (ExecutionStartedEvent)EventCodec.Read(ref start);
        FailureDetails? failure = null;
        if (payloads && !row.IsNull(11))
        {
            PayloadReader reader = new(row.GetBytes(11));
            failure = PartCodec.ReadFailure(ref reader);
        }

        return (new OrchestrationState
        {
            OrchestrationInstance = new OrchestrationInstance { InstanceId = row.GetString(0), ExecutionId = row.GetString(1) },
            OrchestrationStatus = (OrchestrationStatus)row.GetInt32(2),
            CreatedTime = new DateTime(row.GetInt64(3), DateTimeKind.Utc),
            LastUpdatedTime = new DateTime(row.GetInt64(4), DateTimeKind.Utc),
            CompletedTime = row.IsNull(5) ? DateTime.MaxValue : new DateTime(row.GetInt64(5), DateTimeKind.Utc),
            Status = row.GetString(6),
            Name = e.Name,
            Version = e.Version,
            Tags = e.Tags,
            ParentInstance = e.ParentInstance,
            ScheduledStartTime = e.ScheduledStartTime,
            Generation = e.Generation,
            Input = payloads ? row.GetString(9) : null,
            Output = payloads ? row.GetString(10) : null,
            FailureDetails = failure,
        }, row.GetInt64(8));
    }
}
