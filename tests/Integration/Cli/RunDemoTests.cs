using System.Diagnostics;
using System.Text.Json;

namespace Rescan.Tests.Integration.Cli;

/// <summary>The real command as a child process.</summary>
public sealed class RunDemoTests
{
    [Fact]
    public async Task The_run_demo_runs_side_by_side_and_reports_every_repository()
    {
        (int exit, string printed, string progress) = await RunAsync("--session-duration", "2s", "--output", "json");

        JsonElement run = JsonSerializer.Deserialize<JsonElement>(printed);
        Assert.True(exit == 0, progress + printed);
        JsonElement[] items = [.. run.GetProperty("items").EnumerateArray()];
        Assert.Equal((12, 3), (items.Length, items.Select(i => i.GetProperty("appliance").GetString()).Distinct().Count()));
        Assert.Equal(["Rejected", "Rejected", "Succeeded", "Succeeded"], Of(items, "sydney"));
        Assert.Equal(["Warning", "Warning", "Warning", "Warning"], Of(items, "virginia"));
        Assert.Single(run.GetProperty("warnings").EnumerateArray());
        Assert.Contains("frankfurt  catalog-eu", progress, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_of_the_other_demo_are_refused() => Assert.Equal(64, (await RunAsync("--outcome", "failed")).Exit);

    private static IEnumerable<string> Of(JsonElement[] items, string appliance) =>
        items.Where(i => i.GetProperty("appliance").GetString() == appliance).Select(i => i.GetProperty("outcome").GetString()!)
        .Order(StringComparer.Ordinal);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using Process demo = Process.Start(
            new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "demo", "--fleet", .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        Task<string> errors = demo.StandardError.ReadToEndAsync();
        string output = await demo.StandardOutput.ReadToEndAsync();
        await demo.WaitForExitAsync();
        return (demo.ExitCode, output, await errors);
    }
}
