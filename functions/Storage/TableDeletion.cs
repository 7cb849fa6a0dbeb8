namespace Rescan.Functions.Storage;

/// <summary>Removes many rows.</summary>
internal static class TableDeletion
{
    /// <summary>Removes the rows of a range that a condition takes. One that changes or goes meanwhile is left alone.</summary>
    public static async Task DeleteAsync(
        this ITable table, string partition, KeyRange range, Func<TableRow, bool> takes, CancellationToken cancellationToken)
    {
        List<TableChange> rows = [];
        await foreach (TableRow row in table.QueryAsync(partition, range, int.MaxValue, cancellationToken))
        {
            if (takes(row))
            {
                rows.Add(TableChange.Delete(row));
            }
        }

        foreach (TableChange[] some in rows.Chunk(TableLimits.Changes))
        {
            if (!await table.TryWriteAsync(partition, some, cancellationToken))
            {
                foreach (TableChange one in some)
                {
                    await table.TryWriteAsync(partition, [one], cancellationToken);
                }
            }
        }
    }
}
