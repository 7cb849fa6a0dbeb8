using System.Diagnostics;
using System.Text.Json;

namespace Rescan.Tests.Support;

/// <summary>What a command left behind when it ended.</summary>
internal sealed record Ended(int Exit, string Out, string Error)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Out);
}

/// <summary>The real command as a child process.</summary>
internal static class RescanProcess
{
    public static async Task<Ended> RunAsync(
        IEnumerable<string> arguments, string? stdin = null, params (string Name, string? Value)[] environment)
    {
        using Process process = Start(arguments, stdin, environment);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, output, await errors);
    }

    /// <summary>How to start the command with its output redirected.</summary>
    public static ProcessStartInfo Info(IEnumerable<string> arguments)
    {
        string[] command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "rescan.dll"), .. arguments];

        // Whoever runs the tests in the background may have made them ignore Ctrl-C, which the command would inherit.
        return OperatingSystem.IsLinux()
            ? new ProcessStartInfo(
                "env", ["--default-signal=INT", .. command])
            { RedirectStandardOutput = true, RedirectStandardError = true }
            : new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    public static Process Start(IEnumerable<string> arguments, string? stdin = null, params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = Info(arguments);
        start.RedirectStandardInput = true;
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        if (stdin is not null)
        {
            process.StandardInput.WriteLine(stdin);
        }

        process.StandardInput.Close();
        return process;
    }
}
