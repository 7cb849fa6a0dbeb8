using System.Diagnostics;
using DurableTask.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rescan.Bench.Engine;

/// <summary>
/// The commits that an orchestration of two activities and a timer makes, by the provider's own writer, with nothing that makes them.
/// </summary>
internal static class RawTurns
{
    /// <summary>Commits them.</summary>
    /// <param name="recorded">A file where <paramref name="id"/> has ended; its rows are written again.</param>
    /// <param name="file">Where to; not there yet.</param>
    /// <param name="id">The instance that was recorded.</param>
    /// <param name="atOnce">Instances at a time.</param>
    /// <param name="count">Instances in all.</param>
    public static async Task<TimeSpan> RunAsync(string recorded, string file, string id, int atOnce, int count)
    {
        Recording recording = new SqliteDatabase(recorded).Read(db => Recording.Of(db, id));
        HubFiles.Prepare(file);
        using Ownership ownership = await new OwnerLoop(file, TimeSpan.FromMinutes(1), null, NullLogger.Instance).AcquireAsync(
            CancellationToken.None);
        HubSql sql = new(ownership.Session);
        using GroupCommit writer = new(ownership, file, _ => { });
        long start = Stopwatch.GetTimestamp();
        await ProviderRun.AtOnceAsync(atOnce, count, async i =>
        {
            for (int turn = 0; turn < recording.History.Length; turn++)
            {
                Turn write = new(sql, recording, i + 1, ProviderRun.Id(i), turn);
                writer.Add(write);
                await write.Done.Task;
            }
        });
        return Stopwatch.GetElapsedTime(start);
    }

    private sealed record Recording(byte[][] History, byte[] Start, string Input, string Execution, string Output, byte[] Message)
    {
        public static Recording Of(SqliteSession db, string id) => db.Query(
            "SELECT i.key, i.execution, i.output, s.event, s.input FROM instances i JOIN starts s ON s.instance = i.key WHERE i.id = ?1",
            row => (Key: row.GetInt64(0), Execution: row.GetString(1)!, Output: row.GetString(2)!, Start: row.GetBytes(3).ToArray(),
                Input: row.GetString(4)!), id) is [var found]
                ? new Recording(
                    [.. db.Query("SELECT events FROM history WHERE instance = ?1 ORDER BY turn", row =>
                        row.GetBytes(0).ToArray(), found.Key)],
                    found.Start, found.Input, found.Execution, found.Output, new byte[180])
                : throw new InvalidOperationException($"{id} is not recorded.");
    }

    private sealed class Turn(HubSql sql, Recording recording, long key, string id, int turn) : IWrite
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Execute(SqliteSession db)
        {
            bool last = turn == recording.History.Length - 1;
            DurableTask.Core.OrchestrationStatus status = last ? DurableTask.Core.OrchestrationStatus.Completed
                : DurableTask.Core.OrchestrationStatus.Running;
            long now = DateTime.UtcNow.Ticks;
            InstanceState row = new(
                recording.Execution, status, now, last ? now : null, turn + 1, null, last ? recording.Output : null, null);
            if (turn == 0)
            {
                row.Insert(sql, key, id, now, null);
                sql.PutStart.Bind(1, key).Bind(2, (ReadOnlySpan<byte>)recording.Start).Bind(3, recording.Input).Run();
            }
            else
            {
                // The activity that ended, or the timer that fired.
                (turn == 2 ? sql.DeleteMessage : sql.DeleteTask).Bind(1, key).Bind(2, turn).Run();
                row.Update(sql, key);
            }

            sql.InsertHistory.Bind(1, key).Bind(2, turn).Bind(3, (ReadOnlySpan<byte>)recording.History[turn]).Run();
            if (turn == 1)
            {
                sql.InsertMessage.Bind(1, key).Bind(2, turn + 1).Bind(3, now).Bind(4, 0).Bind(
                    5, (ReadOnlySpan<byte>)recording.Message).Run();
            }
            else if (last)
            {
                sql.DeleteMessages.Bind(1, key).Run();
            }
            else
            {
                sql.InsertTask.Bind(1, key).Bind(2, turn + 1).Bind(3, (ReadOnlySpan<byte>)recording.Message).Run();
            }

            return true;
        }

        public void Committed() => Done.TrySetResult();

        public void Failed(SqliteStorageException failure) => Done.TrySetException(failure);
    }
}
