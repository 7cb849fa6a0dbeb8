using System.Globalization;

namespace Rescan.Functions.Storage;

/// <summary>The version of the rows' layout, kept in a row of its own.</summary>
public static class TableSchema
{
    /// <summary>The version that this build reads and writes.</summary>
    public const int Version = 1;

    /// <summary>Where the version stands.</summary>
    public const string Partition = "meta";

    /// <summary>The key of its row.</summary>
    public const string Key = "schema";

    /// <summary>The row's content.</summary>
    public static string Value => Version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Makes sure that this build can read a table.</summary>
    /// <param name="value">The content of the version's row.</param>
    /// <param name="table">What to call the table in the message.</param>
    /// <exception cref="OutcomeStoreException">A newer version wrote it.</exception>
    public static void Require(string value, string table)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version > Version)
        {
            throw new OutcomeStoreException(string.Create(
                CultureInfo.InvariantCulture,
                $"{table} was written by a newer version of Rescan (schema "
                    + $"{value}, this one reads {Version}). Use that version, or another state."));
        }
    }
}
