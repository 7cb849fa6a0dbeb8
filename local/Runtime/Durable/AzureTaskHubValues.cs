using Azure;
using Azure.Data.Tables;

namespace Rescan.Local.Runtime.Durable;

/// <summary>The runtime's values in a table beside those of the task hub.</summary>
internal sealed class AzureTaskHubValues(TableClient table) : ITaskHubValues
{
    private const string Partition = "values";
    private const string Value = "Value";

    public async Task<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> found = [];
        try
        {
            string filter = TableClient.CreateQueryFilter(
                $"PartitionKey eq {Partition} and RowKey ge {prefix} and RowKey lt {prefix + '~'}");
            await foreach (TableEntity row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            {
                found.Add(new(row.RowKey, row.GetString(Value)));
            }
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // A hub of the Functions app has no such table.
        }

        return found;
    }

    public async Task SetAsync(string key, string? value, CancellationToken cancellationToken)
    {
        if (value is null)
        {
            await table.DeleteEntityAsync(Partition, key, ETag.All, cancellationToken);
        }
        else
        {
            await table.UpsertEntityAsync(new TableEntity(Partition, key) { [Value] = value }, TableUpdateMode.Replace, cancellationToken);
        }
    }
}
