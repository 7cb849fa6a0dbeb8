using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Rescan.Local.Runtime.Processes;

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

    private AzuriteProcess(Process process, int blobPort, int queuePort, int tablePort)
    {
        this.process = process;
        BlobPort = blobPort;
        QueuePort = queuePort;
        TablePort = tablePort;
    }

    /// <summary>Where a user's own installation is kept.</summary>
    public static string DefaultHome =>
        Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "rescan",
            "azurite-3.35.0");

    /// <summary>The port that blobs answer on.</summary>
    public int BlobPort { get; }

    /// <summary>The port that queues answer on.</summary>
    public int QueuePort { get; }

    /// <summary>The port that tables answer on.</summary>
    public int TablePort { get; }

    /// <summary>The process's id.</summary>
    public int ProcessId => process.Id;

    /// <summary>How clients reach it.</summary>
    public string ConnectionString => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{BlobPort}/{Account};QueueEndpoint=http://127.0.0.1:{QueuePort}/{Account};TableEndpoint=http://127.0.0.1:{TablePort}/{Account};");

    /// <summary>Starts Azurite on loopback, and returns once it listens.</summary>
    /// <param name="home">Where it is installed; npm installs it there when it is not yet.</param>
    /// <param name="data">The folder for what is stored.</param>
    /// <param name="blobPort">Port for blobs; any free one when 0.</param>
    /// <param name="queuePort">Port for queues; any free one when 0.</param>
    /// <param name="tablePort">Port for tables; any free one when 0.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">Node.js or npm is missing, the installation failed, or Azurite did not
    /// start. The message says which.</exception>
    public static async Task<AzuriteProcess> StartAsync(
        string home, string data, int blobPort, int queuePort, int tablePort, CancellationToken cancellationToken)
    {
        await InstallAsync(home, cancellationToken);
        Directory.CreateDirectory(data);
        string owner = Path.Combine(data, Owner);
        await EndOfLastAsync(owner, cancellationToken);
        Process process = Run(
            "node", home, "serve.js", "--location", Path.GetFullPath(data), "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobPort", blobPort.ToString(CultureInfo.InvariantCulture), "--queuePort", queuePort.ToString(CultureInfo.InvariantCulture),
            "--tablePort", tablePort.ToString(CultureInfo.InvariantCulture));
        await File.WriteAllTextAsync(owner, ProcessName.Describe(process), cancellationToken);
        List<string> said = [];
        Dictionary<string, int> ports = [];
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(StartLimit);
            while (ports.Count < 3 && await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                said.Add(line);
                if (Listening().Match(line) is { Success: true, Groups: var groups })
                {
                    ports[groups[1].Value] = int.Parse(groups[2].Value, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            said.Add("no answer in time");
        }
        catch
        {
            await EndAsync(process);
            throw;
        }

        if (ports.Count < 3)
        {
            string error = await EndAsync(process);
            throw new InvalidOperationException($"Azurite did not start: {string.Join(" ", said.TakeLast(3))} {error}".TrimEnd());
        }

        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        return new AzuriteProcess(process, ports["Blob"], ports["Queue"], ports["Table"]);
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
            using Process? asked = OperatingSystem.IsWindows()
                ? null : Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            try
            {
                await process.WaitForExitAsync().WaitAsync(OperatingSystem.IsWindows() ? TimeSpan.Zero : StopLimit);
            }
            catch (TimeoutException)
            {
                await KillAsync();
            }
        }

        process.Dispose();
    }

    /// <summary>One whose starter was killed may still be saving.</summary>
    private static async Task EndOfLastAsync(string owner, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StopLimit);
        while (File.Exists(owner) && ProcessName.IsAlive(await File.ReadAllTextAsync(owner, cancellationToken)))
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InvalidOperationException(
                    $"Another Azurite uses the folder {Path.GetDirectoryName(owner)}. Stop that one first.");
            }
        }
    }

    [GeneratedRegex(@"Azurite (Blob|Queue|Table) service is successfully listening at http://[^:]+:(\d+)")]
    private static partial Regex Listening();

    private static async Task InstallAsync(string home, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(home);
        string marker = Path.Combine(home, Installed);
        string wanted = Text("package-lock.json") + Text("serve.js");
        while (!File.Exists(marker) || await File.ReadAllTextAsync(marker, cancellationToken) != wanted)
        {
            FileStream turn;
            try
            {
                turn = new FileStream(Path.Combine(home, "installing"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
                continue;
            }

            await using (turn)
            {
                foreach (string file in (string[])["package.json", "package-lock.json", "serve.js"])
                {
                    await File.WriteAllTextAsync(Path.Combine(home, file), Text(file), cancellationToken);
                }

                Process npm = Run(
                    OperatingSystem.IsWindows() ? "npm.cmd" : "npm", home, "ci", "--no-audit", "--no-fund", "--ignore-scripts");
                Task<string> output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
                string error = await npm.StandardError.ReadToEndAsync(cancellationToken);
                await output;
                await npm.WaitForExitAsync(cancellationToken);
                if (npm.ExitCode != 0)
                {
                    throw new InvalidOperationException($"npm could not install Azurite: {error.Trim()}");
                }

                await File.WriteAllTextAsync(marker, wanted, cancellationToken);
            }
        }
    }

    private static string Text(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("azurite/" + file)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static Process Run(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                $"'{program}' cannot be run ({e.Message}). Azurite needs Node.js 20 or newer with npm on the PATH.", e);
        }
    }

    private static async Task<string> EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        string error = await process.StandardError.ReadToEndAsync();
        process.Dispose();
        return error.Trim();
    }
}
