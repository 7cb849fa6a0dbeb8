using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Rescan.Bench.Cost;

/// <summary>
/// What a SQLite write-ahead log holds, read as its file format says (sqlite.org/fileformat2.html, "The Write-Ahead Log").
/// </summary>
/// <param name="Commits">Transactions.</param>
/// <param name="Bytes">Bytes of all frames.</param>
internal readonly record struct WriteAheadLog(int Commits, long Bytes)
{
    private const int Header = 32;
    private const int FrameHeader = 24;

    /// <summary>
    /// Keeps the log of a database in use from being begun anew or removed, whoever checkpoints or closes it, so that counts only grow.
    /// </summary>
    /// <returns>What holds it until it is disposed of.</returns>
    public static IDisposable Hold(string database)
    {
        // A reader's snapshot: the log is needed for as long as it stands. Not pooled, or anyone who clears the pools would end it.
        SqliteConnection reader = new(
            new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            reader.Open();
            using SqliteCommand command = reader.CreateCommand();
            command.CommandText = "BEGIN; SELECT count(*) FROM sqlite_schema";
            command.ExecuteScalar();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Reads the log of a database in use; empty where there is none.</summary>
    public static WriteAheadLog Read(string database)
    {
        if (!File.Exists(database + "-wal"))
        {
            return default;
        }

        using FileStream file = new(database + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[Header];
        if (file.ReadAtLeast(header, Header, throwOnEndOfStream: false) < Header)
        {
            return default;
        }

        int page = BinaryPrimitives.ReadInt32BigEndian(header[8..]);
        long salt = BinaryPrimitives.ReadInt64BigEndian(header[16..]);
        Span<byte> frame = stackalloc byte[FrameHeader];
        int commits = 0;
        long bytes = 0;

        // Frames with another salt are left from before the log was last begun anew.
        while (file.ReadAtLeast(frame, FrameHeader, throwOnEndOfStream: false) == FrameHeader
            && BinaryPrimitives.ReadInt64BigEndian(frame[8..]) == salt)
        {
            commits += BinaryPrimitives.ReadInt32BigEndian(frame[4..]) != 0 ? 1 : 0;
            bytes += FrameHeader + page;
            file.Seek(page, SeekOrigin.Current);
        }

        return new WriteAheadLog(commits, bytes);
    }
}
