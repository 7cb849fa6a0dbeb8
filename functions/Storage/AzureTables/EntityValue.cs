using System.Globalization;
using System.Text;
using Azure.Data.Tables;

namespace Rescan.Functions.Storage.AzureTables;

/// <summary>A row's value in an entity: a text property holds 64 KiB of UTF-16, so a longer text stands in several, in order.</summary>
internal static class EntityValue
{
    private const int CharactersOfProperty = 32_000;
    private const string Property = "Value";

    public static TableEntity Of(string partition, TableChange change)
    {
        TableEntity entity = new(partition, change.Key);
        string text = WithoutUnpaired(change.Value);
        for (int part = 0, at = 0; at < text.Length; part++)
        {
            int length = Math.Min(CharactersOfProperty, text.Length - at);
            if (at + length < text.Length && char.IsHighSurrogate(text[at + length - 1]))
            {
                length--;
            }

            entity[NameOf(part)] = text.Substring(at, length);
            at += length;
        }

        return entity;
    }

    public static TableRow Read(TableEntity entity)
    {
        StringBuilder text = new();
        for (int part = 0; entity.GetString(NameOf(part)) is { } some; part++)
        {
            text.Append(some);
        }

        return new TableRow(entity.RowKey, text.ToString(), entity.ETag.ToString());
    }

    private static string NameOf(int part) => part == 0 ? Property : Property + part.ToString(CultureInfo.InvariantCulture);

    /// <summary>Texts travel in UTF-8, which has no unpaired surrogates.</summary>
    private static string WithoutUnpaired(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
