using Azure.Data.Tables;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Cli;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Runtime.SqliteTables;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>A real table of a test's own, empty at first.</summary>
public abstract class TestTable : IAsyncDisposable
{
    /// <summary>The table as one worker has it.</summary>
    public abstract ITable Table { get; }

    /// <summary>The same table as another worker has it.</summary>
    public abstract ITable Other { get; }

    public abstract Task OpenAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>
/// A table in a SQLite file, written by the writer of the task hub's provider. One process owns the file, so its workers share it.
/// </summary>
public sealed class SqliteTestTable : TestTable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-table-").FullName;
    private TaskHub? owner;
    private TaskHubView? reader;

    public string File => Path.Combine(folder, "state.db");

    public override ITable Table => owner!.Table!;

    public override ITable Other => owner!.Table!;

    /// <summary>The table as a process has it that does not own the file.</summary>
    public ITable Reader => reader!.Table!;

    public override async Task OpenAsync()
    {
        owner = await TaskHub.OpenAsync(new TaskHubOptions { StateFile = File }, default);
        reader ??= await TaskHubView.OpenAsync(new TaskHubOptions { StateFile = File }, default);
    }

    /// <summary>Transactions committed so far.</summary>
    public long Transactions => ((SqliteTable)owner!.Table!).Transactions;

    public async Task CloseAsync()
    {
        await (owner?.DisposeAsync() ?? ValueTask.CompletedTask);
        owner = null;
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await (reader?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A table in memory.</summary>
public sealed class MemoryTestTable : TestTable
{
    private readonly MemoryTable table = new();

    public override ITable Table => table;

    public override ITable Other => table;

    public override Task OpenAsync() => table.OpenAsync(default);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A table of the Azurite that all tests share.</summary>
public sealed class AzureTestTable : TestTable
{
    private readonly string name = "Table" + Guid.NewGuid().ToString("N");
    private AzureTable table = null!;
    private AzureTable other = null!;

    public override ITable Table => table;

    public override ITable Other => other;

    public TableClient Client { get; private set; } = null!;

    public override async Task OpenAsync()
    {
        Client = new TableClient(await AzureTestHub.StorageAsync(), name);
        (table, other) = (new AzureTable(Client), new AzureTable(new TableClient(await AzureTestHub.StorageAsync(), name)));
    }

    public override async ValueTask DisposeAsync()
    {
        table.Dispose();
        other.Dispose();
        await Client.DeleteAsync();
    }
}

/// <summary>Tests on a table of their own, the same for every adapter.</summary>
public abstract class TableTestBase<T> : IAsyncLifetime
    where T : TestTable, new()
{
    protected T Tested { get; } = new();

    protected ITable Table => Tested.Table;

    public virtual Task InitializeAsync() => Tested.OpenAsync();

    public async Task DisposeAsync() => await Tested.DisposeAsync();
}
