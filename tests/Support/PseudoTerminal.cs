using System.Diagnostics;
using System.Text;

namespace Rescan.Tests.Support;

/// <summary>The real command on a terminal of its own, with somebody who reads and types.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource patience = new(Patience);
    private readonly StringBuilder seen = new();
    private readonly Process process;
    private int read;

    /// <param name="arguments">The command line.</param>
    /// <param name="stdin">The file that the command reads instead of what is typed; null: none.</param>
    /// <param name="environment">What its environment has besides.</param>
    public PseudoTerminal(IEnumerable<string> arguments, string? stdin = null, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo command = RescanProcess.Info(arguments);
        string from = stdin is null ? "" : $" < '{stdin}'";
        string line = string.Join(' ', command.ArgumentList.Prepend(command.FileName).Select(a => $"'{a}'")) + from;
        ProcessStartInfo start = new("script", ["--quiet", "--return", "--flush", "--command", line, "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["TERM"] = "xterm" },
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
    }

    /// <summary>All that was ever on the screen.</summary>
    public string Seen => seen.ToString();

    /// <summary>Waits for a text that has not been waited for yet, and types.</summary>
    public async Task AnswerAsync(string question, string typed)
    {
        char[] buffer = new char[1024];
        int at;
        while ((at = Seen.IndexOf(question, read, StringComparison.Ordinal)) < 0)
        {
            int count = await process.StandardOutput.ReadAsync(buffer, patience.Token);
            Assert.True(count > 0, $"It ended before '{question}': {Seen}");
            seen.Append(buffer, 0, count);
        }

        read = at + question.Length;
        await process.StandardInput.WriteAsync(typed);
        await process.StandardInput.FlushAsync(patience.Token);
    }

    /// <summary>Reads to the end.</summary>
    public async Task<int> EndAsync()
    {
        seen.Append(await process.StandardOutput.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
        patience.Dispose();
    }
}
