namespace Rescan.Functions.Storage;

/// <summary>Keeps which entry of the settings an appliance is rescanned by, found by what the appliance calls itself.</summary>
/// <param name="table">Where it is kept.</param>
public sealed class IdentityStore(ITable table)
{
    private const string Partition = "identities";

    /// <summary>Takes an appliance for an entry, unless another entry holds it.</summary>
    /// <param name="kind">The appliance's kind.</param>
    /// <param name="identity">What it calls itself.</param>
    /// <param name="entry">The entry's name.</param>
    /// <param name="holds">Whether another entry, of that name, leads to the appliance still.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the entry holds it, now or before; else the name of the one that does.</returns>
    public async Task<string?> TakeAsync(
        string kind, string identity, string entry, Func<string, Task<bool>> holds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(holds);
        string key = TableKey.Of(kind, identity);
        string mine = StoredJson.Write(new Holder(entry));
        while (true)
        {
            TableChange take = TableChange.Insert(key, mine);
            if (await table.GetAsync(Partition, key, cancellationToken) is { } row)
            {
                string holder = StoredJson.Read<Holder>(row).Entry;
                if (string.Equals(holder, entry, StringComparison.OrdinalIgnoreCase))
                {
                    return null;
                }

                if (await holds(holder))
                {
                    return holder;
                }

                take = TableChange.Replace(row, mine);
            }

            if (await table.TryWriteAsync(Partition, [take], cancellationToken))
            {
                return null;
            }
        }
    }

    private sealed record Holder(string Entry);
}
