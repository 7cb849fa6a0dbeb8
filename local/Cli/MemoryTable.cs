using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli;

/// <summary>A table that is gone with the process, for commands that look and keep nothing.</summary>
internal sealed class MemoryTable : ITable
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<(string Partition, string Key), TableRow> rows = new(
        Comparer<(string Partition, string Key)>.Create((a, b) =>
            string.CompareOrdinal(a.Partition, b.Partition) is var order and not 0 ? order : string.CompareOrdinal(a.Key, b.Key)));

    private long writes;

    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return Task.FromResult(rows.GetValueOrDefault((partition, key)));
        }
    }

    public async IAsyncEnumerable<TableRow> QueryAsync(
        string partition, KeyRange range, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TableRow[] found;
        lock (gate)
        {
            found =
            [
                .. rows.Where(r => r.Key.Partition == partition).Select(r => r.Value)
                    .Where(r => string.CompareOrdinal(r.Key, range.After) > 0
                        && (range.Before is null || string.CompareOrdinal(r.Key, range.Before) < 0))
                    .Take(limit),
            ];
        }

        await Task.CompletedTask;
        foreach (TableRow row in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    public Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken)
    {
        TableLimits.Check(partition, changes);
        lock (gate)
        {
            if (!changes.All(c => Holds(c, rows.GetValueOrDefault((partition, c.Key)))))
            {
                return Task.FromResult(false);
            }

            foreach (TableChange change in changes)
            {
                if (change.Kind == TableChangeKind.Delete)
                {
                    rows.Remove((partition, change.Key));
                }
                else
                {
                    rows[(partition, change.Key)] = new TableRow(
                        change.Key, Stored(change.Value), (++writes).ToString(CultureInfo.InvariantCulture));
                }
            }

            return Task.FromResult(true);
        }
    }

    /// <summary>Without unpaired surrogates, as every table keeps it.</summary>
    private static string Stored(string value) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));

    private static bool Holds(TableChange change, TableRow? row) => change.Kind switch
    {
        TableChangeKind.Insert => row is null,
        TableChangeKind.Put => true,
        _ => row is not null && (change.ETag is null || change.ETag == row.ETag),
    };
}
