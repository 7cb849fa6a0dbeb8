using DurableTask.Sqlite;
using Rescan.Functions.Storage;

namespace Rescan.Local.Runtime.SqliteTables;

/// <summary>A file with a table in it, for those who run no task hub on it.</summary>
public sealed class SqliteTableFile : IAsyncDisposable
{
    private readonly SqliteOrchestrationService service;

    private SqliteTableFile(string file)
    {
        service = new SqliteOrchestrationService(new SqliteOrchestrationServiceSettings(file));
        Table = new SqliteTable(service.Database);
    }

    /// <summary>The table.</summary>
    public ITable Table { get; }

    /// <summary>Transactions that this process has committed; several writes may share one.</summary>
    internal long Transactions => service.Database.Transactions;

    /// <summary>Opens a file to read; whoever owns it goes on undisturbed.</summary>
    public static SqliteTableFile OpenToRead(string file) => new(file);

    /// <summary>Opens a file and becomes its owner; made when absent. While another process owns it this waits.</summary>
    /// <exception cref="OutcomeStoreException">The file is missing though it was in use, damaged, of a newer version, or cannot be written.</exception>
    public static async Task<SqliteTableFile> OpenAsync(string file, CancellationToken cancellationToken)
    {
        SqliteTableFile opened = new(file);
        try
        {
            using CancellationTokenRegistration stop = cancellationToken.Register(() => _ = opened.service.StopAsync());
            await opened.service.CreateIfNotExistsAsync();
            await opened.service.StartAsync();
            await opened.Table.OpenAsync(cancellationToken);
            return opened;
        }
        catch (SqliteStorageException e)
        {
            await opened.DisposeAsync();
            throw new OutcomeStoreException(e.Message, e);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the room of removed rows back to the system.</summary>
    public Task ShrinkAsync() => service.Database.WriteAsync(db => db.Query("PRAGMA incremental_vacuum", _ => 0));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => service.DisposeAsync();
}
