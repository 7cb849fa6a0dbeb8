using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Tests.Support;

/// <summary>A hub of a test's own in an Azurite that all tests share.</summary>
public sealed class AzureTestHub : TestHub
{
    private static readonly Lazy<Task<AzuriteProcess>> Shared = new(StartAsync);

    public string Name { get; } = "T" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>Where this repository's tests keep their installation of Azurite.</summary>
    public static string Home
    {
        get
        {
            DirectoryInfo folder = new(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Rescan.sln")))
            {
                folder = folder.Parent!;
            }

            return Path.Combine(folder.FullName, "artifacts", "azurite");
        }
    }

    /// <summary>How to reach the shared Azurite.</summary>
    public static async Task<string> StorageAsync() => (await Shared.Value).ConnectionString;

    public override async Task<TaskHub> OpenAsync(TimeProvider time) =>
        await TaskHub.OpenAsync(
            new TaskHubOptions { StateFile = "", Storage = await StorageAsync(), Name = Name, Time = time }, CancellationToken.None);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<AzuriteProcess> StartAsync()
    {
        string data = Directory.CreateTempSubdirectory("rescan-azurite-").FullName;
        AzuriteProcess azurite = await AzuriteProcess.StartAsync(Home, data, 0, 0, 0, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            azurite.KillAsync().Wait();
            Directory.Delete(data, recursive: true);
        };
        return azurite;
    }
}
