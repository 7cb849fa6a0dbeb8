using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Runtime.Storage;
using Rescan.Tests.Runtime.Engine;

namespace Rescan.Tests.Runtime.Storage;

/// <summary>Waits for a real lease to run out, and so is apart: it takes most of a minute beside the others.</summary>
public sealed class AzureTakeoverTests
{
    private readonly AzureTestHub hub = new();

    [Fact]
    public async Task The_hub_of_a_process_that_died_is_taken_over_within_a_minute()
    {
        // A clock that stands still renews nothing, as a dead process would not.
        string name = hub.Name;
        AzureStore dead = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), name, false, new FakeTimeProvider(), CancellationToken.None);
        await dead.SetValueAsync("k", "left behind");

        await using AzureStore heir = await AzureStore.OpenAsync(await AzureTestHub.StorageAsync(), name, true, TimeProvider.System, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("left behind", await heir.GetValueAsync("k", CancellationToken.None));
    }
}
