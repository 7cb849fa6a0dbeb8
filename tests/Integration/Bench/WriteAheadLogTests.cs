using Microsoft.Data.Sqlite;
using Rescan.Bench.Cost;

namespace Rescan.Tests.Integration.Bench;

public sealed class WriteAheadLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-wal-").FullName;

    [Fact]
    public void Every_transaction_counts_once_and_those_before_a_checkpoint_no_more()
    {
        string file = Path.Combine(folder, "some.db");
        using SqliteConnection connection = new($"Data Source={file};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "CREATE TABLE t (x TEXT)");
        WriteAheadLog before = WriteAheadLog.Read(file);
        for (int i = 0; i < 3; i++)
        {
            Execute(connection, "BEGIN; INSERT INTO t VALUES ('a'); INSERT INTO t VALUES (hex(randomblob(20000))); COMMIT");
        }

        WriteAheadLog after = WriteAheadLog.Read(file);
        Assert.Equal(3, after.Commits - before.Commits);
        Assert.InRange(after.Bytes - before.Bytes, 3 * 40_000, 3 * 60_000);

        Execute(connection, "PRAGMA wal_checkpoint(RESTART)");
        Execute(connection, "INSERT INTO t VALUES ('b')");
        Assert.Equal(1, WriteAheadLog.Read(file).Commits);
    }

    [Fact]
    public void A_log_that_is_held_outlives_checkpoints_and_all_other_connections()
    {
        string file = Path.Combine(folder, "held.db");
        IDisposable? held = null;
        for (int i = 0; i < 3; i++)
        {
            using (SqliteConnection connection = new($"Data Source={file};Pooling=False"))
            {
                connection.Open();
                Execute(connection, "PRAGMA journal_mode = WAL");
                Execute(connection, $"CREATE TABLE t{i} (x TEXT)");
                held ??= WriteAheadLog.Hold(file);
                Execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
            }

            Assert.Equal(i + 1, WriteAheadLog.Read(file).Commits);
        }

        held!.Dispose();
        using (SqliteConnection last = new($"Data Source={file};Pooling=False"))
        {
            last.Open();
            Execute(last, "SELECT count(*) FROM t0");
        }

        Assert.Equal(default, WriteAheadLog.Read(file));
    }

    [Fact]
    public void A_database_without_a_log_has_no_transactions() =>
        Assert.Equal(default, WriteAheadLog.Read(Path.Combine(folder, "none.db")));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
