using System.Net;
using System.Net.Sockets;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Where the state of one app is kept: files in a folder, or tables and blobs of a storage account.</summary>
internal sealed class StateLocation : IAsyncDisposable
{
    // Where Azurite is looked for by default.
    private const int BlobPort = 10000;
    private const int QueuePort = 10001;
    private const int TablePort = 10002;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(250);
    private FileStream? turn;
    private AzuriteProcess? azurite;

    private StateLocation(string folder, string? storage, string name, Action? onStandBy)
    {
        Folder = folder;
        Storage = storage;
        Name = name;
        OnStandBy = onStandBy;
    }

    public string Folder { get; }

    public string? Storage { get; private set; }

    public string Name { get; }

    public Action? OnStandBy { get; private set; }

    /// <summary>What to say of it; null when there is nothing to say.</summary>
    public string? Remark => azurite is null ? null : $"""
        Azurite keeps the state: for trying out, since it writes to its files only every few seconds. Its tables begin with {Name}, at
        {azurite.ConnectionString}
        Another rescan serve --storage with that string shares the work.
        """;

    /// <summary>Whether anything was ever kept there, as far as this machine can tell.</summary>
    public bool Exists => Storage is not null || File.Exists(StateFile);

    /// <summary>How the runtime finds the task hub.</summary>
    public TaskHubOptions Options => new() { StateFile = StateFile, Storage = Storage, Name = Name };

    private string StateFile => Path.Combine(Folder, "state.db");

    private string AzuriteFolder => Path.Combine(Folder, "azurite");

    /// <summary>Where the emulator that another process runs can be reached; the key in it is the emulator's well-known one.</summary>
    private string AzuriteAddress => Path.Combine(AzuriteFolder, "address");

    public static StateLocation InFolder(string folder) => new(folder, null, "Rescan", null);

    public static async Task<StateLocation> OpenAsync(
        string folder, string? storage, string name, Action? onStandBy, CancellationToken cancellationToken)
    {
        StateLocation location = new(folder, storage, name, onStandBy);
        if (storage == "azurite")
        {
            try
            {
                await location.RunAzuriteAsync(cancellationToken);
            }
            catch
            {
                await location.DisposeAsync();
                throw;
            }
        }

        return location;
    }

    /// <summary>A location to read: an emulator that runs already is used, and none is started where none was.</summary>
    public static Task<StateLocation> LookAsync(string folder, string? storage, string name, CancellationToken cancellationToken)
    {
        StateLocation location = new(folder, storage, name, null);
        if (storage != "azurite")
        {
            return Task.FromResult(location);
        }

        if (!Directory.Exists(location.AzuriteFolder))
        {
            throw new CommandException(ExitCodes.Configuration, $"There is no state of Azurite in {folder}.");
        }

        try
        {
            using FileStream free = new(
                Path.Combine(location.AzuriteFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(location.AzuriteAddress))
        {
            location.Storage = File.ReadAllText(location.AzuriteAddress);
            return Task.FromResult(location);
        }

        return OpenAsync(folder, storage, name, null, cancellationToken);
    }

    /// <summary>Opens the task hub for a command that no engine runs beside.</summary>
    public Task<TaskHub> OpenTaskHubAsync(CancellationToken cancellationToken) => TaskHub.OpenAsync(Options, cancellationToken);

    /// <summary>Where the app keeps what it records: in the task hub's file, or in a table of the storage account.</summary>
    /// <param name="ofHub">The table in the task hub's file; null for a hub in a storage account.</param>
    public ITable TableOf(ITable? ofHub) => ofHub ?? AzureTable.Of(AppHost.Configure(this, []));

    /// <summary>The settings that put the outcomes where the task hub is.</summary>
    public IEnumerable<KeyValuePair<string, string?>> OutcomeSettings()
    {
        if (Storage is null)
        {
            yield return new("Rescan:Outcomes:TableServiceUri", null);
            yield break;
        }

        yield return new("Rescan:Outcomes:Table", Name + "Outcomes");
        if (Uri.TryCreate(Storage, UriKind.Absolute, out Uri? account) && account.Scheme == Uri.UriSchemeHttps)
        {
            yield return new("Rescan:Outcomes:TableServiceUri", TaskHub.TablesOf(account).AbsoluteUri);
        }
        else
        {
            yield return new("AzureWebJobsStorage", Storage);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (azurite is not null)
        {
            await azurite.DisposeAsync();
        }

        if (turn is not null)
        {
            await turn.DisposeAsync();
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// The emulator lives and dies with its starter, so whoever stands by waits for the folder and then starts one itself.
    /// </summary>
    private async Task RunAzuriteAsync(CancellationToken cancellationToken)
    {
        string data = AzuriteFolder;
        Directory.CreateDirectory(data);
        while ((turn = LockFile.TryTake(Path.Combine(data, "lock"))) is null)
        {
            if (OnStandBy is null)
            {
                throw new CommandException(
                    ExitCodes.Configuration,
                    $"The state folder {Folder} is in use by another process. Stop that one, or choose another folder with --state.");
            }

            OnStandBy();
            OnStandBy = () => { };
            await Task.Delay(LockPoll, cancellationToken);
        }

        bool usual = IsFree(BlobPort) && IsFree(QueuePort) && IsFree(TablePort);
        Output.Step("starting Azurite (npm fetches it the first time)");
        azurite = await AzuriteProcess.StartAsync(
            AzuriteProcess.DefaultHome, data, usual ? BlobPort : 0, usual ? QueuePort : 0, usual ? TablePort : 0, cancellationToken);
        Storage = azurite.ConnectionString;
        await File.WriteAllTextAsync(AzuriteAddress, Storage, cancellationToken);
    }
}
