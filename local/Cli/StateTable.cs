using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.SqliteTables;

namespace Rescan.Local.Cli;

/// <summary>What the app keeps, opened by a command: a file, or a table of the storage account.</summary>
internal sealed class StateTable : IAsyncDisposable
{
    private readonly SqliteTableFile? file;
    private readonly AzureTable? azure;

    public StateTable(SqliteTableFile file)
    {
        this.file = file;
        Table = file.Table;
    }

    private StateTable(AzureTable azure)
    {
        this.azure = azure;
        Table = azure;
    }

    public ITable Table { get; }

    public static StateTable InStorage(StateLocation location) => new(AzureTable.Of(AppHost.Configure(location, [])));

    /// <summary>Gives the room of removed rows back, where the storage does not by itself.</summary>
    public Task ShrinkAsync() => file?.ShrinkAsync() ?? Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        azure?.Dispose();
        return file?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
