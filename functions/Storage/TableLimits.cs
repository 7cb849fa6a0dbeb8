using System.Globalization;

namespace Rescan.Functions.Storage;

/// <summary>
/// What a table takes. The numbers follow Azure Table Storage (100 rows and 4 MiB a transaction, 1 MiB a row, 1 KiB a key) and hold for
/// every adapter, so that what works on one works on all.
/// </summary>
public static class TableLimits
{
    /// <summary>Changes in a transaction.</summary>
    public const int Changes = 100;

    /// <summary>Characters of a row's value: it is stored in UTF-16, beside its keys.</summary>
    public const int ValueCharacters = 480_000;

    /// <summary>Characters of all values of a transaction: a character takes up to six bytes on the wire.</summary>
    public const int TransactionCharacters = 650_000;

    /// <summary>Characters of a partition or a key.</summary>
    public const int KeyCharacters = 500;

    /// <summary>Makes sure that a transaction can be written.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void Check(string partition, IReadOnlyList<TableChange> changes)
    {
        ArgumentException.ThrowIfNullOrEmpty(partition);
        ArgumentNullException.ThrowIfNull(changes);
        string? fault = changes.Count is 0 or > Changes
            ? string.Create(CultureInfo.InvariantCulture, $"a transaction has 1 to {Changes} changes, not {changes.Count}")
            : changes.DistinctBy(c => c.Key, StringComparer.Ordinal).Count() < changes.Count ? "a transaction changes a row only once"
            : partition.Length > KeyCharacters || changes.Any(c => c.Key.Length is 0 or > KeyCharacters) ? "a key is empty or too long"
            : changes.Any(c => c.Value.Length > ValueCharacters) ? "a value is too long"
            : changes.Sum(c => c.Value.Length) > TransactionCharacters ? "the values are too long together"
            : null;
        if (fault is not null)
        {
            throw new ArgumentException($"The changes cannot be written: {fault}.", nameof(changes));
        }
    }
}
