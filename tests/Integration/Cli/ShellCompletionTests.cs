using System.Diagnostics;
using Rescan.Local.Cli.Completion;
using Rescan.Tests.Page;
using Rescan.Tests.Infra;

namespace Rescan.Tests.Integration.Cli;

/// <summary>The completion scripts in the shells themselves, with the real command behind them.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ShellCompletionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-complete-").FullName;

    public ShellCompletionTests()
    {
        string command = Path.Combine(folder, "rescan");
        File.WriteAllText(command, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "rescan.dll")}' \"$@\"\n");
        File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(
            Path.Combine(folder, "local.settings.json"),
            """{ "Values": { "Rescan__Appliances__0__Name": "frankfurt", "Rescan__Appliances__1__Name": "virginia west" } }""");
        File.WriteAllText(Path.Combine(folder, "report.html"), "");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("rescan st", "start state status")]
    [InlineData("rescan sett", "settings")]
    [InlineData("rescan settings ", "check")]
    [InlineData("rescan state ", "export import prune")]
    [InlineData("rescan status --wa", "--watch")]
    [InlineData("rescan status --output ", "json text")]
    [InlineData("rescan status --output=j", "json")]
    [InlineData("rescan history --outcome Fai", "Failed")]
    [InlineData("rescan history --appliance ", @"frankfurt virginia\ west")]
    [InlineData("rescan simulate --faults throttled-", "throttled-bare throttled-date")]
    [InlineData("rescan completion z", "zsh")]
    [InlineData("rescan ini", "init")]
    [InlineData("rescan init --ki", "--kind")]
    [InlineData("rescan init --kind v", "vbaws vbr")]
    [InlineData("rescan package lin", "linux-arm64 linux-x64")]
    [InlineData("rescan __co", "")]
    public async Task Bash_offers_what_fits(string line, string offered)
    {
        // As bash calls it when somebody presses Tab at the end of the line.
        string script = $$"""
            source <(rescan completion bash)
            [[ $(complete -p rescan) == *_rescan* ]] || exit 1
            COMP_LINE='{{line}}' COMP_POINT=${#COMP_LINE}
            _rescan rescan
            (IFS=' '; echo "${COMPREPLY[*]}")
            """;

        Assert.Equal((0, offered, ""), await ShellAsync("bash", "--norc", "-c", script));
    }

    [Fact]
    public async Task Bash_completes_a_line_that_is_typed()
    {
        // A real interactive bash on a terminal of its own: Tab completes the only word that fits, and the line runs.
        string rc = Path.Combine(folder, "bashrc");
        await File.WriteAllTextAsync(rc, "PS1='> '; bind 'set enable-bracketed-paste off'; source <(rescan completion bash)\n");
        (int exit, string said, _) = await ShellAsync("bash", "-c",
            $"(printf 'rescan simulate --list-fa\\t -o js\\t >faults.json; exit 7\\n') | script -qec \"bash --rcfile {rc} -i\" /dev/null");

        Assert.True(exit == 7, said);
        Assert.Contains("\"throttled\"", await File.ReadAllTextAsync(Path.Combine(folder, "faults.json")), StringComparison.Ordinal);
    }

    [ToolTheory("zsh")]
    [InlineData("rescan ini", "init")]
    [InlineData("rescan init --ki", "--kind")]
    [InlineData("rescan history --appliance ", "frankfurt virginia west")]
    [InlineData("rescan completion z", "zsh")]
    [InlineData("rescan __co", "files")]
    public async Task Zsh_offers_what_fits(string line, string offered)
    {
        // As zsh calls it; what shows the words stands in for zsh's own.
        string script = $$"""
            _describe() { print -r -- ${(P)2%%:*} }
            _files() { print files }
            source <(rescan completion zsh)
            line='{{line}} '
            words=(${=line}); [[ '{{line}}' == *' ' ]] && words+=('')
            CURRENT=$#words PREFIX=$words[-1]
            _rescan
            """;

        Assert.Equal((0, offered, ""), await ShellAsync("zsh", "-f", "-c", script));
    }

    [ToolTheory("fish")]
    [InlineData("rescan ini", "init")]
    [InlineData("rescan init --ki", "--kind")]
    [InlineData("rescan history --appliance ", "frankfurt,virginia west")]
    [InlineData("rescan completion z", "zsh")]
    public async Task Fish_offers_what_fits(string line, string offered)
    {
        string script = $"rescan completion fish | source; complete -C '{line}' | string split -f 1 \\t | string join ,; true";

        Assert.Equal((0, offered, ""), await ShellAsync("fish", "--no-config", "-c", script));
    }

    [Fact]
    public Task The_script_for_bash_is_of_its_grammar() => GrammarAsync("bash");

    [ToolFact("zsh")]
    public Task The_script_for_zsh_is_of_its_grammar() => GrammarAsync("zsh");

    [ToolFact("fish")]
    public Task The_script_for_fish_is_of_its_grammar() => GrammarAsync("fish");

    private async Task GrammarAsync(string shell)
    {
        string file = Path.Combine(folder, "script");
        await File.WriteAllTextAsync(file, CompletionCommand.Script(shell));

        Assert.Equal((0, "", ""), await ShellAsync(shell, "-n", file));
    }

    [Fact]
    public void Every_shell_that_help_names_has_its_script() =>
        Assert.All(CompletionCommand.Shells, s => Assert.Contains("__complete", CompletionCommand.Script(s), StringComparison.Ordinal));

    private async Task<(int Exit, string Out, string Error)> ShellAsync(string shell, params string[] arguments)
    {
        ProcessStartInfo start = new(shell, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
            RedirectStandardInput = true, WorkingDirectory = folder
        };
        start.Environment["PATH"] = folder + ":" + start.Environment["PATH"];
        start.Environment["XDG_STATE_HOME"] = folder;
        start.Environment.Remove("BASH_ENV");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim(), (await errors).Trim());
    }
}
