using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Rescan.Local.Simulator.Endpoints;

namespace Rescan.Local.Simulator.VeeamBackupAndReplication;

/// <summary>The query of a list. Its names are case-sensitive: one spelt otherwise is passed over, as any unknown one is.</summary>
internal sealed class ServerQuery
{
    private const int UsualLimit = 200;

    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    public ServerQuery(string? query)
    {
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(query))
        {
            values[pair.DecodeName().ToString()] = pair.DecodeValue().ToString();
        }
    }

    public string? Text(string name) => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public DateTimeOffset? Time(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
        : throw new QueryException($"{name} is not a date-time.");

    /// <summary>Whether a text fits a filter: exactly, unless the filter holds a star.</summary>
    public bool Fits(string name, params string[] texts) => Text(name) is not { } filter
        || texts.Any(t => filter.Contains('*', StringComparison.Ordinal)
            ? System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(filter, t)
            : string.Equals(t, filter, StringComparison.OrdinalIgnoreCase));

    /// <summary>The rows in the order asked for.</summary>
    public IEnumerable<T> Sorted<T>(IEnumerable<T> rows, IReadOnlyDictionary<string, Func<T, object?>> columns)
    {
        if (Text("orderColumn") is not { } column)
        {
            return rows;
        }

        Func<T, object?> key = columns.GetValueOrDefault(column) ?? throw new QueryException($"orderColumn '{column}' is not known.");
        return Text("orderAsc") == "false" ? rows.OrderByDescending(key) : rows.OrderBy(key);
    }

    public object Page<T>(IReadOnlyList<T> all, Func<T, object> describe)
    {
        int skip = Number("skip", 0);
        int limit = Number("limit", UsualLimit);
        object[] rows = [.. all.Skip(skip).Take(limit).Select(describe)];
        return new { data = rows, pagination = new { total = all.Count, count = rows.Length, skip, limit } };
    }

    private int Number(string name, int otherwise) => Text(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new QueryException($"{name} must be a whole number.");
}
