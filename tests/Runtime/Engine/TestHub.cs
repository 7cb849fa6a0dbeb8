using Rescan.Local.Runtime.Storage;

namespace Rescan.Tests.Runtime.Engine;

/// <summary>A task hub of a test's own, which can be opened again after it was closed.</summary>
public abstract class TestHub : IAsyncDisposable
{
    public abstract Task<StateStore> OpenAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>A state file in a folder of its own.</summary>
public sealed class SqliteTestHub : TestHub
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-hub-").FullName;

    public string StateFile => Path.Combine(folder, "state.db");

    public override Task<StateStore> OpenAsync() => Task.FromResult<StateStore>(SqliteStore.Open(StateFile));

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
