namespace DurableTask.Sqlite;

/// <summary>A value for a parameter of a statement: an integer, a text, bytes, or nothing.</summary>
public readonly struct SqliteValue
{
    private readonly object? reference;
    private readonly long number;
    private readonly bool isNumber;

    private SqliteValue(long number) => (this.number, isNumber) = (number, true);

    private SqliteValue(object? reference) => this.reference = reference;

    /// <summary>An integer.</summary>
    public static implicit operator SqliteValue(long value) => new(value);

    /// <summary>An integer, or nothing.</summary>
    public static implicit operator SqliteValue(long? value) => value is { } number ? new(number) : default;

    /// <summary>A text, or nothing.</summary>
    public static implicit operator SqliteValue(string? value) => new((object?)value);

    /// <summary>Bytes, or nothing.</summary>
    public static implicit operator SqliteValue(byte[]? value) => new((object?)value);

    internal void Bind(SqliteStatement statement, int index)
    {
        if (isNumber)
        {
            statement.Bind(index, number);
        }
        else if (reference is string text)
        {
            statement.Bind(index, text);
        }
        else if (reference is byte[] bytes)
        {
            statement.Bind(index, (ReadOnlySpan<byte>)bytes);
        }
        else
        {
            statement.BindNull(index);
        }
    }
}
