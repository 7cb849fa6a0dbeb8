using System.Diagnostics;
using System.Text.Json.Nodes;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Infra;

/// <summary>
/// The real Bicep compiler on a copy of infra/, cut off from the network: whatever it would fetch goes to a dead proxy, and
/// its home, where fetched modules would be kept, is empty.
/// </summary>
public sealed class BicepCompiler : IDisposable
{
    private const string Subscription = "00000000-0000-0000-0000-000000000001";

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-infra-").FullName;

    private readonly string tool;

    /// <param name="tool">Path of the compiler; none: the newest that is tested.</param>
    public BicepCompiler(string? tool = null)
    {
        this.tool = tool ?? SourceTree.BicepPath;
        string source = Path.Combine(SourceTree.Root, "infra");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>The Bicep files as they stand now, by their path under infra/.</summary>
    public IReadOnlyDictionary<string, string> Sources => Directory.EnumerateFiles(folder, "*.bicep", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllText);

    /// <summary>Writes a file, its path given under infra/.</summary>
    public void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    /// <summary>Runs the compiler.</summary>
    /// <returns>Its exit code, what it printed, and what it complained about.</returns>
    public async Task<(int ExitCode, string Output, string Complaints)> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(tool, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = start.Environment["USERPROFILE"] = folder;
        start.Environment["HTTPS_PROXY"] = start.Environment["HTTP_PROXY"] = start.Environment["ALL_PROXY"] = "http://127.0.0.1:9";
        foreach (string variable in (string[])[
            "AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "DurableBackend"])
        {
            start.Environment.Remove(variable);
        }

        using Process bicep = Process.Start(start)!;
        Task<string> output = bicep.StandardOutput.ReadToEndAsync();
        Task<string> complaints = bicep.StandardError.ReadToEndAsync();
        await bicep.WaitForExitAsync();
        return (bicep.ExitCode, await output, await complaints);
    }

    /// <summary>What a parameter file would deploy, worked out by the compiler: loops, conditions and names are resolved.</summary>
    public async Task<Deployment> PredictAsync(string parameterFile)
    {
        (int exitCode, _, string complaints) = await RunAsync(
            "snapshot", parameterFile, "--subscription-id", Subscription, "--tenant-id", Subscription, "--location", "westeurope",
            "--deployment-name", "rescan");
        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        return new Deployment(
            JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, Path.ChangeExtension(parameterFile, ".snapshot.json"))))!);
    }
}
