using SQLitePCL;

namespace DurableTask.Sqlite;

/// <summary>A connection whose statements are prepared once; for one thread at a time.</summary>
public sealed class SqliteSession : IDisposable
{
    private readonly sqlite3 connection;
    private readonly Dictionary<string, SqliteStatement> statements = new(StringComparer.Ordinal);

    static SqliteSession() => Batteries_V2.Init();

    private SqliteSession(sqlite3 connection) => this.connection = connection;

    /// <summary>Runs a statement.</summary>
    /// <param name="sql">One statement, the same text every time; its parameters are <c>?1</c>, <c>?2</c> and so on.</param>
    /// <param name="values">The parameters.</param>
    /// <returns>Rows changed.</returns>
    /// <exception cref="SqliteErrorException">It failed.</exception>
    public int Execute(string sql, params ReadOnlySpan<SqliteValue> values)
    {
        SqliteStatement statement = Bind(sql, values);
        int changed = statement.Run();
        statement.Clear();
        return changed;
    }

    /// <summary>Runs a query.</summary>
    /// <typeparam name="T">What becomes of a row.</typeparam>
    /// <param name="sql">One statement, the same text every time.</param>
    /// <param name="read">Makes something of a row.</param>
    /// <param name="values">The parameters.</param>
    /// <exception cref="SqliteErrorException">It failed.</exception>
    public List<T> Query<T>(string sql, SqliteRowReader<T> read, params ReadOnlySpan<SqliteValue> values)
    {
        ArgumentNullException.ThrowIfNull(read);
        SqliteStatement statement = Bind(sql, values);
        List<T> rows = [];
        try
        {
            while (statement.Step())
            {
                rows.Add(read(new SqliteRow(statement)));
            }
        }
        finally
        {
            statement.Reset();
            statement.Clear();
        }

        return rows;
    }

    /// <summary>The first column of the first row as an integer; null when there is none.</summary>
    public long? QueryInt64(string sql, params ReadOnlySpan<SqliteValue> values) =>
        Query(sql, row => row.IsNull(0) ? (long?)null : row.GetInt64(0), values) is [var first, ..] ? first : null;

    /// <summary>The first column of the first row as a text; null when there is none.</summary>
    public string? QueryString(string sql, params ReadOnlySpan<SqliteValue> values) =>
        Query(sql, row => row.GetString(0), values) is [var first, ..] ? first : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SqliteStatement statement in statements.Values)
        {
            statement.Dispose();
        }

        statements.Clear();
        connection.Dispose();
    }

    internal static SqliteSession Open(string file, bool readOnly = false, int busyMilliseconds = 5000)
    {
        int flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        int result = raw.sqlite3_open_v2(file, out sqlite3 connection, flags, null);
        if (result != raw.SQLITE_OK)
        {
            using (connection)
            {
                throw SqliteErrors.Of(result, connection);
            }
        }

        _ = raw.sqlite3_busy_timeout(connection, busyMilliseconds);
        return new SqliteSession(connection);
    }

    /// <summary>A statement to bind and run by hand.</summary>
    internal SqliteStatement Prepare(string sql)
    {
        if (!statements.TryGetValue(sql, out SqliteStatement? statement))
        {
            statements.Add(sql, statement = new SqliteStatement(connection, sql));
        }

        return statement;
    }

    /// <summary>Runs several statements once, which are not kept.</summary>
    internal void Script(string sql) => SqliteErrors.Check(raw.sqlite3_exec(connection, sql), connection);

    private SqliteStatement Bind(string sql, ReadOnlySpan<SqliteValue> values)
    {
        SqliteStatement statement = Prepare(sql);
        for (int i = 0; i < values.Length; i++)
        {
            values[i].Bind(statement, i + 1);
        }

        return statement;
    }
}
