namespace Rescan.Functions.Storage;

/// <summary>
/// A table of rows, found by partition and key. Partitions and keys are made by <see cref="TableKey"/>; keys are ordered character by
/// character. What <see cref="TableLimits"/> says holds for every table, whatever keeps it.
/// </summary>
public interface ITable
{
    /// <summary>Makes the table when it is absent. Other calls do so by themselves; this one tells trouble early.</summary>
    /// <exception cref="OutcomeStoreException">A newer version wrote it, or it is missing though it was in
    /// use before, or damaged.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>A row; null when there is none.</summary>
    Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken);

    /// <summary>Rows of a partition in the order of their keys.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="range">Which keys.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    IAsyncEnumerable<TableRow> QueryAsync(string partition, KeyRange range, int limit, CancellationToken cancellationToken);

    /// <summary>Makes changes in a partition, all or none.</summary>
    /// <returns>
    /// False, with nothing changed, when a condition does not hold: a row to insert exists, or one to replace or delete is missing or has
    /// another ETag. An answer can be lost and the call repeated on the way, so false may also mean that this very
    /// call made the changes: read again.
    /// </returns>
    /// <exception cref="ArgumentException">The changes are more than a transaction takes.</exception>
    Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken);
}

/// <summary>A row of a table.</summary>
/// <param name="Key">Its key within the partition.</param>
/// <param name="Value">Its content: a text without NUL characters. An unpaired surrogate comes back as U+FFFD.</param>
/// <param name="ETag">Changes with every write of the row.</param>
public sealed record TableRow(string Key, string Value, string ETag);

/// <summary>Keys between two others.</summary>
/// <param name="After">Keys come after this one.</param>
/// <param name="Before">Keys come before this one; null: no end.</param>
public readonly record struct KeyRange(string After, string? Before)
{
    /// <summary>All keys.</summary>
    public static KeyRange All => new("", null);

    /// <summary>Keys that begin with these parts and have at least one more.</summary>
    public static KeyRange Of(params ReadOnlySpan<string> parts)
    {
        string key = TableKey.Of(parts);
        return new(key + TableKey.Separator, key + TableKey.AfterSeparator);
    }

    /// <summary>The keys of this range that come after one.</summary>
    public KeyRange From(string after) => this with { After = after };
}
