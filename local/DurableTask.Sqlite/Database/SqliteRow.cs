namespace DurableTask.Sqlite;

/// <summary>The row that a query stands on. Columns count from 0.</summary>
public readonly ref struct SqliteRow
{
    private readonly SqliteStatement statement;

    internal SqliteRow(SqliteStatement statement) => this.statement = statement;

    /// <summary>Whether a column holds nothing.</summary>
    public bool IsNull(int column) => statement.IsNull(column);

    /// <summary>An integer; 0 for nothing.</summary>
    public long GetInt64(int column) => statement.GetInt64(column);

    /// <summary>An integer; 0 for nothing.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public int GetInt32(int column) => checked((int)statement.GetInt64(column));

    /// <summary>A text, or null.</summary>
    public string? GetString(int column) => statement.GetString(column);

    /// <summary>Bytes, valid until the next row.</summary>
    public ReadOnlySpan<byte> GetBytes(int column) => statement.GetBytes(column);
}

/// <summary>Makes something of a row.</summary>
/// <typeparam name="T">What it makes.</typeparam>
/// <param name="row">The row; gone afterwards.</param>
public delegate T SqliteRowReader<out T>(SqliteRow row);
