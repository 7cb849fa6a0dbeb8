using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Rescan.Tests.Integration.Deploy;

/// <summary>The file that <c>./rescan publish</c> makes of a fresh copy of the sources, run where there is no .NET.</summary>
public sealed partial class PublishTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-publish-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task One_file_runs_the_demo_in_an_empty_folder_with_no_dotnet_on_the_path()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            return;
        }

        string sources = Copy();
        (int published, string said) = await RunAsync(
            sources, "./rescan", ["publish"], environment => environment["MSBUILDDISABLENODEREUSE"] = "1");
        Assert.True(published == 0, said);
        string file = Path.Combine(sources, "artifacts", "publish", "rescan");
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(file)!));
        string empty = Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName;
        string alone = Path.Combine(folder, "rescan");
        File.Move(file, alone);
        Directory.Delete(sources, recursive: true);

        (int exit, string output) = await RunAsync(
            empty, "/usr/bin/env", ["-i", $"HOME={empty}", "PATH=/nowhere", alone, "demo", "--session-duration", "1s", "--output", "json"]);
        (int helped, string help) = await RunAsync(empty, "/usr/bin/env", ["-i", $"HOME={empty}", "PATH=/nowhere", alone, "--help"]);

        Assert.True(exit == 0, output);
        Assert.Contains("\"outcome\": \"Succeeded\"", output, StringComparison.Ordinal);
        Assert.True(helped == 0, help);
        Assert.Contains("serve", help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux x64")]
    [InlineData("../x")]
    public async Task What_is_no_runtime_is_refused(string runtime)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        (int exit, string said) = await RunAsync(SourceTree.Root, "./rescan", ["publish", runtime]);

        Assert.Equal(64, exit);
        Assert.Contains("usage: ./rescan publish", said, StringComparison.Ordinal);
    }

    /// <summary>The sources as a clone has them.</summary>
    private string Copy()
    {
        string copy = Path.Combine(folder, "sources");
        foreach (string file in Directory.EnumerateFiles(SourceTree.Root, "*", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(SourceTree.Root, file).Replace('\\', '/');
            if (Left().IsMatch(path))
            {
                continue;
            }

            string to = Path.Combine(copy, path);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }

    private static async Task<(int Exit, string Said)> RunAsync(
        string folder, string program, string[] arguments, Action<IDictionary<string, string?>>? change = null)
    {
        ProcessStartInfo start = new(
            program.StartsWith("./", StringComparison.Ordinal) ? Path.Combine(folder, program[2..]) : program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        change?.Invoke(start.Environment);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    [GeneratedRegex(@"(^|/)(bin|obj|artifacts|node_modules|TestResults|\.git|\.rescan)/|^(tests|bench|docs|infra)/")]
    private static partial Regex Left();
}
