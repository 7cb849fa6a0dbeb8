using Rescan.Bench.Engine;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Durable;

namespace Rescan.Tests.Bench;

public sealed class EngineRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
    private int hubs;

    [Fact]
    public async Task An_orchestration_of_two_activities_and_a_timer_is_four_commits()
    {
        EngineRates rates = await EngineRun.RunAsync(() => Task.FromResult<StateStore>(SqliteStore.Open(Path.Combine(folder, $"{hubs++}.db"))), 10, 20);

        Assert.Equal(4 * 20, rates.Turns);
    }

    [Fact]
    public async Task On_azure_storage_it_takes_a_request_a_commit()
    {
        string storage = await AzureTestHub.StorageAsync();
        EngineRates rates = await EngineRun.RunAsync(
            async () => await AzureStore.OpenAsync(storage, "B" + Guid.NewGuid().ToString("N")[..12], standBy: false, TimeProvider.System, CancellationToken.None), 5, 10);

        // One renewal of the lease may come in between.
        Assert.InRange(rates.Requests, 4 * 10, (4 * 10) + 1);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
