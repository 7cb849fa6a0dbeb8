using System.Buffers;
using System.Text;
using SQLitePCL;

namespace DurableTask.Sqlite;

/// <summary>A prepared statement, used again and again by the thread that has the session.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytes = 512;

    private readonly sqlite3 connection;
    private readonly sqlite3_stmt statement;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        this.connection = connection;
        SqliteErrors.Check(raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement), connection);
    }

    public SqliteStatement Bind(int index, long value)
    {
        SqliteErrors.Check(raw.sqlite3_bind_int64(statement, index, value), connection);
        return this;
    }

    public SqliteStatement Bind(int index, long? value) => value is { } number ? Bind(index, number) : BindNull(index);

    public SqliteStatement Bind(int index, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            // SQLite takes a span of nothing for NULL.
            return value is null ? BindNull(index) : Checked(raw.sqlite3_bind_text(statement, index, ""));
        }

        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = most > StackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[StackBytes];
        int length = Encoding.UTF8.GetBytes(value, utf8);
        int result = raw.sqlite3_bind_text(statement, index, (ReadOnlySpan<byte>)utf8[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return Checked(result);
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value) => Checked(
        value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, index, 0) : raw.sqlite3_bind_blob(statement, index, value));

    public SqliteStatement BindNull(int index) => Checked(raw.sqlite3_bind_null(statement, index));

    /// <summary>Goes to the next row.</summary>
    /// <returns>False behind the last one; then the statement is ready to run again.</returns>
    public bool Step()
    {
        int result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        SqliteErrorException? error = result == raw.SQLITE_DONE ? null : SqliteErrors.Of(result, connection);
        _ = raw.sqlite3_reset(statement);
        return error is null ? false : throw error;
    }

    /// <summary>Runs a statement that gives no rows, or none that matter.</summary>
    /// <returns>Rows changed.</returns>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(connection);
    }

    /// <summary>Ends a query before its last row.</summary>
    public void Reset() => _ = raw.sqlite3_reset(statement);

    /// <summary>Lets go of the values, which may be large.</summary>
    public void Clear() => _ = raw.sqlite3_clear_bindings(statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long GetInt64(int column) => raw.sqlite3_column_int64(statement, column);

    public string? GetString(int column) => IsNull(column) ? null : raw.sqlite3_column_text(statement, column).utf8_to_string();

    public ReadOnlySpan<byte> GetBytes(int column) => raw.sqlite3_column_blob(statement, column);

    public void Dispose() => statement.Dispose();

    private SqliteStatement Checked(int result)
    {
        SqliteErrors.Check(result, connection);
        return this;
    }
}
