using Azure.Data.Tables;
using Rescan.Local.Runtime.Azurite;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Runtime.Azurite;

public sealed class DurableAzuriteTests : IDisposable
{
    private const int Writes = 50;

    private readonly string data = Directory.CreateTempSubdirectory("rescan-azurite-").FullName;

    [Fact]
    public async Task What_it_answered_for_outlives_its_kill_on_a_new_folder_and_on_one_in_use()
    {
        for (int life = 0; life < 2; life++)
        {
            await using AzuriteProcess killed = await StartAsync();
            TableClient table = new(killed.ConnectionString, "Written");
            await table.CreateIfNotExistsAsync();
            await Task.WhenAll(Enumerable.Range(0, Writes).Select(i => table.AddEntityAsync(new TableEntity($"life {life}", $"{i}"))));
            await killed.KillAsync();
        }

        await using AzuriteProcess azurite = await StartAsync();
        List<TableEntity> kept = await new TableClient(azurite.ConnectionString, "Written").QueryAsync<TableEntity>().ToListAsync();

        Assert.Equal(2 * Writes, kept.Count);
    }

    public void Dispose() => Directory.Delete(data, recursive: true);

    private Task<AzuriteProcess> StartAsync() => AzuriteProcess.StartAsync(AzureTestHub.Home, data, 0, 0, durable: true, CancellationToken.None);
}
