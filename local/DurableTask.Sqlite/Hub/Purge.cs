using System.Diagnostics;
using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>Deletes instances that have ended, some a transaction, so that others can write in between.</summary>
internal static class Purge
{
    private const int AtOnce = 200;
    private const string Ended = "status IN (1, 3, 4, 5)";

    public static async Task<PurgeResult> OneAsync(SqliteDatabase database, Action<long> delete, string id)
    {
        int deleted = await database.WriteAsync(
            db => Delete(db, delete, $"SELECT key FROM instances WHERE id = ?1 AND {Ended}", id)).ConfigureAwait(false);
        return new PurgeResult(deleted, true);
    }

    public static async Task<PurgeResult> ManyAsync(SqliteDatabase database, Action<long> delete, PurgeInstanceFilter filter)
    {
        long from = InstanceReads.Ticks(filter.CreatedTimeFrom)!.Value;
        long to = InstanceReads.Ticks(filter.CreatedTimeTo) ?? long.MaxValue;
        long statuses = InstanceReads.StatusBits(filter.RuntimeStatus);
        (int deleted, bool complete) = await RepeatAsync(
            database,
            db => Delete(
                db, delete,
                $"""
                SELECT key FROM instances WHERE created >= ?1 AND created <= ?2 AND {Ended} AND (?3 >> status) & 1
                ORDER BY created, key LIMIT {AtOnce}
                """,
                from, to, statuses),
            filter.Timeout).ConfigureAwait(false);
        return new PurgeResult(deleted, complete);
    }

    public static Task BeforeAsync(
        SqliteDatabase database, Action<long> delete, DateTime threshold, OrchestrationStateTimeRangeFilterType type)
    {
        string column = type switch
        {
            OrchestrationStateTimeRangeFilterType.OrchestrationCreatedTimeFilter => "created",
            OrchestrationStateTimeRangeFilterType.OrchestrationCompletedTimeFilter => "completed",
            _ => "updated",
        };
        long before = InstanceReads.Ticks(threshold)!.Value;
        return RepeatAsync(
            database, db => Delete(db, delete, $"SELECT key FROM instances WHERE {column} <= ?1 AND {Ended} LIMIT {AtOnce}", before), null);
    }

    private static async Task<(int Deleted, bool Complete)> RepeatAsync(
        SqliteDatabase database, Func<SqliteSession, int> some, TimeSpan? timeout)
    {
        long begun = Stopwatch.GetTimestamp();
        int deleted = 0;
        while (timeout is null || Stopwatch.GetElapsedTime(begun) < timeout)
        {
            int now = await database.WriteAsync(some).ConfigureAwait(false);
            deleted += now;
            if (now < AtOnce)
            {
                return (deleted, true);
            }
        }

        return (deleted, false);
    }

    private static int Delete(SqliteSession db, Action<long> delete, string select, params ReadOnlySpan<SqliteValue> values)
    {
        List<long> keys = db.Query(select, row => row.GetInt64(0), values);
        keys.ForEach(delete);
        if (keys.Count > 0)
        {
            db.Execute("PRAGMA incremental_vacuum(1000)");
        }

        return keys.Count;
    }
}
