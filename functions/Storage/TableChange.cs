namespace Rescan.Functions.Storage;

/// <summary>What a change does, and on what condition.</summary>
public enum TableChangeKind
{
    /// <summary>Adds a row; there must be none.</summary>
    Insert,

    /// <summary>Adds a row, or replaces the one that is there.</summary>
    Put,

    /// <summary>Replaces a row, which must have the ETag.</summary>
    Replace,

    /// <summary>Removes a row, which must be there, and have the ETag when one is given.</summary>
    Delete,
}

/// <summary>A change of one row, as part of a transaction.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Value">The row's new content; empty when it is deleted.</param>
/// <param name="ETag">The ETag that the row must have; null: any.</param>
public sealed record TableChange(TableChangeKind Kind, string Key, string Value, string? ETag)
{
    /// <inheritdoc cref="TableChangeKind.Insert"/>
    public static TableChange Insert(string key, string value) => new(TableChangeKind.Insert, key, value, null);

    /// <inheritdoc cref="TableChangeKind.Put"/>
    public static TableChange Put(string key, string value) => new(TableChangeKind.Put, key, value, null);

    /// <inheritdoc cref="TableChangeKind.Replace"/>
    public static TableChange Replace(TableRow row, string value) => new(TableChangeKind.Replace, row.Key, value, row.ETag);

    /// <inheritdoc cref="TableChangeKind.Delete"/>
    public static TableChange Delete(TableRow row) => new(TableChangeKind.Delete, row.Key, "", row.ETag);

    /// <inheritdoc cref="TableChangeKind.Delete"/>
    public static TableChange Delete(string key) => new(TableChangeKind.Delete, key, "", null);
}
