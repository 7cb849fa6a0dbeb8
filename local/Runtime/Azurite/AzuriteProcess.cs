using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Azurite;

/// <summary>Azurite, the storage emulator, as a child process; installed from npm by a lock file when first needed.</summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    // The emulator's account, published with it and the same everywhere.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string Installed = "installed";
    private const string Owner = "owner";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly Process process;

    private AzuriteProcess(Process process, int blobPort, int tablePort)
    {
        this.process = process;
        BlobPort = blobPort;
        TablePort = tablePort;
    }

    /// <summary>Where a user's own installation is kept.</summary>
    public static string DefaultHome =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "rescan", "azurite-3.35.0");

    /// <summary>The port that blobs answer on.</summary>
    public int BlobPort { get; }

    /// <summary>The port that tables answer on.</summary>
    public int TablePort { get; }

    /// <summary>The process's id.</summary>
    public int ProcessId => process.Id;

    /// <summary>How clients reach it.</summary>
    public string ConnectionString => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{BlobPort}/{Account};TableEndpoint=http://127.0.0.1:{TablePort}/{Account};");

    /// <summary>Starts Azurite on loopback, and returns once it listens.</summary>
    /// <param name="home">Where it is installed; npm installs it there when it is not yet.</param>
    /// <param name="data">The folder for what is stored.</param>
    /// <param name="blobPort">Port for blobs; any free one when 0.</param>
    /// <param name="tablePort">Port for tables; any free one when 0.</param>
    /// <param name="durable">Whether a write is answered only once it is on the disk, so that a kill loses nothing that was answered; slower the more is stored.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">Node.js or npm is missing, the installation failed, or Azurite did not start. The message says which.</exception>
    public static async Task<AzuriteProcess> StartAsync(string home, string data, int blobPort, int tablePort, bool durable, CancellationToken cancellationToken)
    {
        await InstallAsync(home, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(data);
        string owner = Path.Combine(data, Owner);
        await EndOfLastAsync(owner, cancellationToken).ConfigureAwait(false);
        Process process = Run(
            "node", home, durable ? new() { ["RESCAN_AZURITE_DURABLE"] = "1" } : [], "serve.js", "--location", Path.GetFullPath(data), "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobPort", blobPort.ToString(CultureInfo.InvariantCulture), "--tablePort", tablePort.ToString(CultureInfo.InvariantCulture), "--queuePort", "0");
        await File.WriteAllTextAsync(owner, OwnerProcess.Describe(process), cancellationToken).ConfigureAwait(false);
        List<string> said = [];
        int? blob = null;
        int? table = null;
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(StartLimit);
            while ((blob is null || table is null) && await process.StandardOutput.ReadLineAsync(limit.Token).ConfigureAwait(false) is { } line)
            {
                said.Add(line);
                if (Listening().Match(line) is { Success: true, Groups: var groups })
                {
                    int port = int.Parse(groups[2].Value, CultureInfo.InvariantCulture);
                    (blob, table) = (groups[1].Value == "Blob" ? port : blob, groups[1].Value == "Table" ? port : table);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            said.Add("no answer in time");
        }
        catch
        {
            await EndAsync(process).ConfigureAwait(false);
            throw;
        }

        if (blob is null || table is null)
        {
            string error = await EndAsync(process).ConfigureAwait(false);
            throw new InvalidOperationException($"Azurite did not start: {string.Join(" ", said.TakeLast(3))} {error}".TrimEnd());
        }

        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        return new AzuriteProcess(process, blob.Value, table.Value);
    }

    /// <summary>Kills it, as a crash would.</summary>
    public Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        return process.WaitForExitAsync();
    }

    /// <summary>Lets it write what it holds in memory, and ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using Process? asked = OperatingSystem.IsWindows() ? null : Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            try
            {
                await process.WaitForExitAsync().WaitAsync(OperatingSystem.IsWindows() ? TimeSpan.Zero : StopLimit).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                await KillAsync().ConfigureAwait(false);
            }
        }

        process.Dispose();
    }

    /// <summary>One whose starter was killed may still be saving.</summary>
    private static async Task EndOfLastAsync(string owner, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopLimit);
        while (File.Exists(owner) && OwnerProcess.IsAlive(await File.ReadAllTextAsync(owner, cancellationToken).ConfigureAwait(false)))
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Another Azurite uses the folder {Path.GetDirectoryName(owner)}. Stop that one first.");
            }
        }
    }

    [GeneratedRegex(@"Azurite (Blob|Table) service is successfully listening at http://[^:]+:(\d+)")]
    private static partial Regex Listening();

    private static async Task InstallAsync(string home, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(home);
        string marker = Path.Combine(home, Installed);
        string wanted = Text("package-lock.json") + Text("serve.js");
        while (!File.Exists(marker) || await File.ReadAllTextAsync(marker, cancellationToken).ConfigureAwait(false) != wanted)
        {
            FileStream turn;
            try
            {
                turn = new FileStream(Path.Combine(home, "installing"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken).ConfigureAwait(false);
                continue;
            }

            await using (turn.ConfigureAwait(false))
            {
                foreach (string file in (string[])["package.json", "package-lock.json", "serve.js"])
                {
                    await File.WriteAllTextAsync(Path.Combine(home, file), Text(file), cancellationToken).ConfigureAwait(false);
                }

                Process npm = Run(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", home, [], "ci", "--no-audit", "--no-fund", "--ignore-scripts");
                Task<string> output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
                string error = await npm.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
                await output.ConfigureAwait(false);
                await npm.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
                if (npm.ExitCode != 0)
                {
                    throw new InvalidOperationException($"npm could not install Azurite: {error.Trim()}");
                }

                await File.WriteAllTextAsync(marker, wanted, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string Text(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("azurite/" + file)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static Process Run(string program, string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{program}' cannot be run ({e.Message}). Azurite needs Node.js 20 or newer with npm on the PATH.", e);
        }
    }

    private static async Task<string> EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        string error = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
        process.Dispose();
        return error.Trim();
    }
}
