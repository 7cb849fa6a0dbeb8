using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>A process of its own that uses a task hub, with the lines that it said.</summary>
internal sealed partial class VictimProcess : IAsyncDisposable
{
    public const int Stop = 19;
    public const int Continue = 18;
    public const int Kill = 9;

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly Task reading;

    private VictimProcess(Process process)
    {
        this.process = process;
        reading = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                lines.Enqueue(line);
            }
        });
    }

    public IEnumerable<string> Lines => lines;

    public int ExitCode => process.ExitCode;

    public static VictimProcess Start(string file, int takeoverSeconds, string prefix, string mode)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (string argument in (string[])[
            "exec", Path.Combine(AppContext.BaseDirectory, "Rescan.SqliteVictim.dll"), file,
            takeoverSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture), prefix, mode])
        {
            start.ArgumentList.Add(argument);
        }

        return new VictimProcess(Process.Start(start)!);
    }

    public Task SaidAsync(string line) => Eventually.Async(() => lines.Contains(line)
        || (process.HasExited && reading.IsCompleted
            && !lines.Contains(line) ? throw new InvalidOperationException($"ended without '{line}': {string.Join(" | ", lines)}")
                : false), 120);

    /// <summary>What was said after a word, such as the ids after "acked".</summary>
    public HashSet<string> After(string word) =>
        [.. lines.Where(l => l.StartsWith(word + " ", StringComparison.Ordinal)).Select(l => l[(word.Length + 1)..])];

    public void Signal(int signal) => Assert.Equal(0, Send(process.Id, signal));

    public Task TellAsync(string line) => process.StandardInput.WriteLineAsync(line);

    public async Task EndedAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(patience.Token);
        await reading;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int process, int signal);
}
