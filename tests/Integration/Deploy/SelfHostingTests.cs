using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Local.Cli;

namespace Rescan.Tests.Integration.Deploy;

/// <summary>The unit and the container file: what systemd says of the one, and that both call the command as it is.</summary>
public sealed class SelfHostingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-unit-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Systemd_finds_no_fault_with_the_unit_and_little_that_it_may_do()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // The command need not be installed here for its unit to be judged.
        string unit = Path.Combine(folder, "rescan.service");
        await File.WriteAllTextAsync(unit, Unit.Replace("/usr/local/bin/rescan", "/bin/true", StringComparison.Ordinal));

        (int verified, string complaints) = await AnalyzeAsync("verify", unit);
        (int secure, string report) = await AnalyzeAsync("security", "--offline=true", "--threshold=20", "--no-pager", unit);

        Assert.True(verified == 0 && complaints.Length == 0, complaints);
        Assert.True(secure == 0, report);
    }

    [Fact]
    public void The_unit_calls_the_command_as_it_is()
    {
        string[] call = Regex.Match(Unit, "(?m)^ExecStart=(.*)$").Groups[1].Value.Split(' ');

        Assert.Equal(["/usr/local/bin/rescan", "serve"], call.Take(2));
        Assert.Empty(ServeCommand.Create().Parse(call[2..]).Errors);
        Assert.Contains($"RestartPreventExitStatus={ExitCodes.Usage} {ExitCodes.Configuration}\n", Unit, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_runs_the_command_as_nobody_in_particular_and_unpacks_nothing()
    {
        string[] lines = [.. SourceTree.Read("deploy/Containerfile").Split('\n').Where(l => l.Length > 0 && l[0] != '#')];
        string[] last = lines[(Array.FindLastIndex(lines, l => l.StartsWith("FROM ", StringComparison.Ordinal)) + 1)..];
        string Only(string instruction) =>
            Assert.Single(last, l => l.StartsWith(instruction + " ", StringComparison.Ordinal))[(instruction.Length + 1)..];

        Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", Only("USER"));
        Assert.Equal(["/usr/lib/rescan/rescan"], JsonSerializer.Deserialize<string[]>(Only("ENTRYPOINT"))!);
        string[] call = JsonSerializer.Deserialize<string[]>(Only("CMD"))!;
        Assert.Equal("serve", call[0]);
        Assert.Empty(ServeCommand.Create().Parse(call[1..]).Errors);
        Assert.All(lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)),
            l => Assert.Matches(@":10\.0(-[a-z-]+)?( AS build)?$", l));
        Assert.DoesNotContain(last, l => l.StartsWith("RUN ", StringComparison.Ordinal));
        Assert.DoesNotContain(last, l => l.Contains("DOTNET_BUNDLE", StringComparison.Ordinal));
        Assert.Contains("-p:RescanPackage=true", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_is_built_without_what_a_checkout_may_hold_of_secrets_and_state() =>
        Assert.Superset(
            new HashSet<string> { ".git", "artifacts", "local.settings.json", "**/bin", "**/obj" },
            SourceTree.Read(".dockerignore").Split('\n').ToHashSet());

    private static string Unit => SourceTree.Read("deploy/rescan.service");

    private static async Task<(int Exit, string Said)> AnalyzeAsync(params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("systemd-analyze", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
