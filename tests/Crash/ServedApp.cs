using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rescan.Crash;

/// <summary>The real <c>rescan serve</c> as a process.</summary>
internal sealed class ServedApp : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process process;
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource standingBy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> said = [];
    private HttpClient? http;

    private ServedApp(Process process)
    {
        this.process = process;
        DataReceivedEventHandler take = (_, e) => Take(e.Data);
        process.OutputDataReceived += take;
        process.ErrorDataReceived += take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>The memory and the handles that it has now.</summary>
    public (long Memory, int Handles) Measure()
    {
        process.Refresh();
        return (process.WorkingSet64, process.HandleCount);
    }

    /// <summary>Completes once it says that it waits for another.</summary>
    public Task StandingBy => standingBy.Task;

    public string Said
    {
        get
        {
            lock (said)
            {
                return string.Join('\n', said);
            }
        }
    }

    /// <summary>Starts it; it may be dead before it serves.</summary>
    public static ServedApp Start(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "serve", "--url", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        return new ServedApp(Process.Start(start)!);
    }

    /// <summary>What the hook needs to kill it at a point, or to list the points.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Failpoints(string? point, string? log)
    {
        yield return new("DOTNET_STARTUP_HOOKS", Path.Combine(AppContext.BaseDirectory, "Rescan.Failpoints.dll"));
        yield return new("RESCAN_FAILPOINT", point ?? "");
        yield return new("RESCAN_FAILPOINTS_LOG", log ?? "");
    }

    /// <summary>Waits until it serves; null when it ends before.</summary>
    public async Task<HttpClient?> ReadyAsync()
    {
        Task ended = process.WaitForExitAsync();
        await Task.WhenAny(address.Task, ended).WaitAsync(Patience);
        return address.Task.IsCompletedSuccessfully
            ? http ??= new HttpClient { BaseAddress = await address.Task, Timeout = Patience } : null;
    }

    public async Task<JsonElement> GetAsync(string path) => await (await ReadyAsync())!.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Dies as by a power cut.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Sends it a signal, such as STOP or CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process sent = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await sent.WaitForExitAsync();
    }

    /// <summary>Asks it to stop, and waits.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            using Process? asked = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        }

        return await ExitAsync();
    }

    /// <summary>Waits for its end, however long it takes.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => process.WaitForExitAsync(cancellationToken);

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        http?.Dispose();
        process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (said)
        {
            said.Add(line);
        }

        if (line.Contains("standing by", StringComparison.Ordinal))
        {
            standingBy.TrySetResult();
        }

        int at = line.IndexOf("serving at ", StringComparison.Ordinal);
        if (at >= 0)
        {
            address.TrySetResult(new Uri(line[(at + "serving at ".Length)..].Split(';')[0].Replace("/api", "/", StringComparison.Ordinal)));
        }
    }
}
