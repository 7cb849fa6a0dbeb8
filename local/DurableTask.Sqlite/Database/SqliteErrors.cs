using SQLitePCL;

namespace DurableTask.Sqlite;

/// <summary>SQLite's result codes, and what they mean for a task hub.</summary>
internal static class SqliteErrors
{
    public static void Check(int result, sqlite3 connection)
    {
        if (result != raw.SQLITE_OK)
        {
            throw Of(result, connection);
        }
    }

    public static SqliteErrorException Of(int result, sqlite3 connection) =>
        new(result & 0xff, $"{raw.sqlite3_errmsg(connection).utf8_to_string()} (SQLite {raw.sqlite3_extended_errcode(connection)})");

    /// <summary>Whether the database is beyond one statement's fault.</summary>
    public static bool IsFatal(Exception exception) => exception switch
    {
        SqliteStorageException => true,
        SqliteErrorException e =>
            e.ErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_READONLY
            or raw.SQLITE_CANTOPEN or raw.SQLITE_NOMEM or raw.SQLITE_BUSY or raw.SQLITE_PROTOCOL or raw.SQLITE_LOCKED,
        _ => false,
    };

    /// <summary>One clear error of whatever went wrong.</summary>
    public static SqliteStorageException Explain(Exception exception, string file) => exception switch
    {
        SqliteStorageException known => known,
        SqliteErrorException { ErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } or InvalidDataException => new(
            SqliteStorageErrorKind.Damaged,
            $"The database file {file} is damaged: {exception.Message}. Put a copy back, or move it and its .lock away to start anew.",
            exception),
        SqliteErrorException { ErrorCode: raw.SQLITE_FULL } => new(
            SqliteStorageErrorKind.Full,
            $"The disk with the database file {file} is full: {exception.Message}. Make room, then start again: "
                + "nothing acknowledged is lost.",
            exception),
        SqliteErrorException { ErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => new(
            SqliteStorageErrorKind.Locked, $"The database file {file} is locked by another program: {exception.Message}.", exception),
        _ => new(
            SqliteStorageErrorKind.Unusable,
            $"The database file {file} cannot be used: {exception.Message}. Check the rights of its folder and the free space.", exception),
    };
}
