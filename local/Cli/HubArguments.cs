using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Cli;

/// <summary>The options that say where rescans and their outcomes are kept.</summary>
internal sealed class HubArguments
{
    private readonly Option<string> state = new("--state") { Description = "folder of the state", DefaultValueFactory = _ => AppHost.DefaultState };
    private readonly Option<string?> storage = new("--storage")
    {
        Description = "keep it in Azure Storage instead of files: 'azurite' fetches the emulator by npm and runs it on the state folder; else a connection string, or an account's https address for use with your identity",
    };

    private readonly Option<string> hub = new("--hub") { Description = "name of the task hub in the storage account", DefaultValueFactory = _ => "Rescan" };

    public void AddTo(Command command)
    {
        command.Add(state);
        command.Add(storage);
        command.Add(hub);
    }

    /// <summary>Comes by the hub, with the emulator running where that was asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="onStandBy">Told once when another process has it and this one waits; null: refused then.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<Hub> OpenAsync(ParseResult parse, Action? onStandBy, CancellationToken cancellationToken) =>
        Hub.OpenAsync(Path.GetFullPath(parse.GetValue(state)!), parse.GetValue(storage), parse.GetValue(hub)!, onStandBy, cancellationToken);
}

/// <summary>Where the state of one app is kept: files in a folder, or tables and blobs of a storage account.</summary>
internal sealed class Hub : IAsyncDisposable
{
    // Where Azurite is looked for by default.
    private const int BlobPort = 10000;
    private const int TablePort = 10002;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(250);
    private FileStream? turn;
    private AzuriteProcess? azurite;

    private Hub(string folder, string? storage, string name, Action? onStandBy)
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
    public string? Remark => azurite is null ? null : $"Azurite keeps the state; its tables {Name}State and {Name}Outcomes can be seen at {azurite.ConnectionString}";

    private string StateFile => Path.Combine(Folder, "state.db");

    public static Hub InFolder(string folder) => new(folder, null, "Rescan", null);

    public static async Task<Hub> OpenAsync(string folder, string? storage, string name, Action? onStandBy, CancellationToken cancellationToken)
    {
        Hub hub = new(folder, storage, name, onStandBy);
        if (storage == "azurite")
        {
            try
            {
                await hub.RunAzuriteAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await hub.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        return hub;
    }

    /// <summary>Opens the task hub for a command that no engine runs beside.</summary>
    public Task<StateStore> OpenStoreAsync(CancellationToken cancellationToken) => StateStore.OpenAsync(
        new StateStoreOptions { StateFile = StateFile, Storage = Storage, TaskHub = Name }, TimeProvider.System, cancellationToken);

    /// <summary>The settings that put the outcomes where the task hub is.</summary>
    public IEnumerable<KeyValuePair<string, string?>> OutcomeSettings()
    {
        if (Storage is null)
        {
            yield return new("Rescan:Outcomes:SqliteFile", Path.Combine(Folder, "outcomes.db"));
            yield break;
        }

        yield return new("Rescan:Outcomes:SqliteFile", null);
        yield return new("Rescan:Outcomes:Table", Name + "Outcomes");
        if (Uri.TryCreate(Storage, UriKind.Absolute, out Uri? account) && account.Scheme == Uri.UriSchemeHttps)
        {
            yield return new("Rescan:Outcomes:TableServiceUri", AzureStore.TablesOf(account).AbsoluteUri);
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
            await azurite.DisposeAsync().ConfigureAwait(false);
        }

        if (turn is not null)
        {
            await turn.DisposeAsync().ConfigureAwait(false);
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

    /// <summary>The emulator lives and dies with its starter, so whoever stands by waits for the folder and then starts one itself.</summary>
    private async Task RunAzuriteAsync(CancellationToken cancellationToken)
    {
        string data = Path.Combine(Folder, "azurite");
        Directory.CreateDirectory(data);
        while (turn is null)
        {
            try
            {
                turn = new FileStream(Path.Combine(data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (OnStandBy is not null && File.Exists(Path.Combine(data, "lock")))
            {
                OnStandBy();
                OnStandBy = () => { };
                await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new CommandException(ExitCodes.Configuration, $"The state folder {Folder} is in use by another process, or cannot be written. Stop that one, or choose another folder with --state. ({e.Message})");
            }
        }

        bool usual = IsFree(BlobPort) && IsFree(TablePort);
        Output.Step("starting Azurite (npm fetches it the first time)");
        azurite = await AzuriteProcess.StartAsync(
            AzuriteProcess.DefaultHome, data, usual ? BlobPort : 0, usual ? TablePort : 0, durable: true, cancellationToken).ConfigureAwait(false);
        Storage = azurite.ConnectionString;
    }
}
