using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Rescan.Local.Simulator.Endpoints;

/// <summary>A caller asked for a page in a way that the appliance does not understand; answered with 400.</summary>
internal sealed class QueryException(string message) : Exception(message);

/// <summary>Offset, Limit, Sort, SearchPattern and the lists of a query.</summary>
/// <param name="query">The query.</param>
/// <param name="pageSize">Rows on a page when the caller sets no Limit.</param>
internal sealed class PageQuery(IQueryCollection query, int pageSize)
{
    /// <summary>The values of a list, whose parameter is repeated.</summary>
    public IReadOnlyList<string> List(string name) => [.. query[name].OfType<string>()];

    public DateTimeOffset? Time(string name)
    {
        StringValues value = query[name];
        return value.Count == 0 ? null : ApplianceResponses.TryTime(value, out DateTimeOffset time)
            ? time : throw new QueryException($"{name} is not a date-time with a zone.");
    }

    public object Page<T>(IReadOnlyList<T> all, Func<T, object> describe, string self)
    {
        int offset = Number("Offset", 0, 0);
        int limit = Number("Limit", pageSize, -1);
        IEnumerable<T> rows = all.Skip(offset);
        return new
        {
            totalCount = all.Count,
            results = (limit < 0 ? rows : rows.Take(limit)).Select(describe),
            _links = new[] { new { rel = "self", href = self, method = "GET" } },
        };
    }

    /// <summary>The rows whose name fits SearchPattern, where * stands for any text.</summary>
    public IEnumerable<T> Matching<T>(IEnumerable<T> rows, Func<T, string> name)
    {
        if (query["SearchPattern"].ToString() is not { Length: > 0 } pattern)
        {
            return rows;
        }

        Regex regex = new(
            "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        return rows.Where(r => regex.IsMatch(name(r)));
    }

    /// <summary>The rows in the order of Sort, such as nameAsc or startTimeDesc.</summary>
    public IEnumerable<T> Sorted<T>(IEnumerable<T> rows, IReadOnlyDictionary<string, Func<T, object?>> columns)
    {
        foreach (string sort in List("Sort").Reverse())
        {
            bool down = sort.EndsWith("Desc", StringComparison.Ordinal);
            string column = down ? sort[..^4] : sort.EndsWith("Asc", StringComparison.Ordinal) ? sort[..^3] : sort;
            Func<T, object?> key = columns.TryGetValue(column, out Func<T, object?>? found)
                ? found
                : throw new QueryException($"Sort '{sort}' is not known.");
            rows = down ? rows.OrderByDescending(key) : rows.OrderBy(key);
        }

        return rows;
    }

    private int Number(string name, int otherwise, int least) =>
        query[name] is not { Count: > 0 } value ? otherwise
        : int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least ? number
        : throw new QueryException($"{name} must be a whole number of at least {least}.");
}
