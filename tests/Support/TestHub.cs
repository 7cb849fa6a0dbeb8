using Rescan.Local.Runtime.Durable;

namespace Rescan.Tests.Support;

/// <summary>A task hub of a test's own, opened again and again.</summary>
public abstract class TestHub : IAsyncDisposable
{
    public abstract Task<TaskHub> OpenAsync(TimeProvider time);

    public abstract ValueTask DisposeAsync();
}

public sealed class SqliteTestHub : TestHub
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-hub-").FullName;

    public string StateFile => Path.Combine(folder, "state.db");

    public override Task<TaskHub> OpenAsync(TimeProvider time) =>
        TaskHub.OpenAsync(new TaskHubOptions { StateFile = StateFile, Time = time }, CancellationToken.None);

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
