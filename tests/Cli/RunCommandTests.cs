using System.Diagnostics;
using System.Text.Json;
using Rescan.Local.Appliance;

namespace Rescan.Tests.Cli;

/// <summary>The real command as a child process, against a simulated appliance over real HTTPS.</summary>
public sealed class RunCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("succeeded", 0, "Succeeded")]
    [InlineData("warning", 2, "Warning")]
    [InlineData("failed", 3, "Failed")]
    [InlineData("canceled", 4, "Canceled")]
    public async Task The_appliances_end_is_the_exit_code(string end, int exit, string outcome)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { Outcome = end, SessionDuration = TimeSpan.FromSeconds(1) }, default);

        (int code, JsonElement printed) = await RunAsync(appliance, "archive");

        Assert.Equal(exit, code);
        Assert.Equal(outcome, printed.GetProperty("outcome").GetString());
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "token"));
        Assert.Single(appliance.Ledger.Select(e => e.Connection).Distinct());
        foreach (string kind in (string[])["token", "repositories", "rescan", "session", "log", "stop", "other"])
        {
            Assert.Equal(appliance.Ledger.Count(e => e.Kind == kind), printed.GetProperty("requests").GetProperty(kind).GetInt32());
        }
    }

    [Theory]
    [InlineData("drop-after", 0, 1)]
    [InlineData("drop-before", 0, 2)]
    [InlineData("expired-token", 0, 1)]
    [InlineData("unavailable", 0, 1)]
    [InlineData("html", 0, 1)]
    [InlineData("malformed-json", 0, 1)]
    [InlineData("huge-log", 0, 1)]
    [InlineData("mfa", 6, 0)]
    [InlineData("wrong-password", 6, 0)]
    [InlineData("no-rescan", 6, 0)]
    [InlineData("wrong-role", 6, 1)]
    [InlineData("no-session-id", 6, 1)]
    [InlineData("redirect", 6, 1)]
    [InlineData("purged", 8, 1)]
    [InlineData("new-certificate", 6, 1)]
    public async Task A_fault_of_the_appliance_ends_as_it_should(string fault, int exit, int posts)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { Faults = [fault], SessionDuration = TimeSpan.FromSeconds(5) }, default);

        (int code, JsonElement printed) = await RunAsync(appliance, "archive");

        Assert.True(exit == code, $"exit {code}: {printed}");
        Assert.Equal(posts, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task Killed_while_it_polls_the_same_command_goes_on_with_the_same_session()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(8) }, default);
        using (Process first = Start(appliance, "archive"))
        {
            while (await first.StandardError.ReadLineAsync() is { } line && !line.Contains("poll 1 done", StringComparison.Ordinal))
            {
            }

            first.Kill();
            await first.WaitForExitAsync();
        }

        (int code, JsonElement printed) = await RunAsync(appliance, "archive");

        Assert.Equal(0, code);
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
        Assert.Contains(appliance.Ledger, e => e.Path.EndsWith(printed.GetProperty("sessionId").GetString()!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_repository_is_a_usage_error_with_the_nearest_names()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        using Process process = Start(appliance, "archve");
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(64, process.ExitCode);
        Assert.Contains("'archive'", said, StringComparison.Ordinal);
        Assert.DoesNotContain(appliance.Ledger, e => e.Kind == "rescan");
    }

    private async Task<(int Code, JsonElement Printed)> RunAsync(SimulatedAppliance appliance, string repository)
    {
        using Process process = Start(appliance, repository);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(output.Length > 0, await errors);
        return (process.ExitCode, JsonSerializer.Deserialize<JsonElement>(output));
    }

    private Process Start(SimulatedAppliance appliance, string repository)
    {
        ProcessStartInfo start = new("dotnet")
        {
            Environment = { ["Rescan__Polling__Kappa"] = "0.1", ["Rescan__Polling__MinInterval"] = "00:00:00.5" },
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "run", "--base-url", appliance.BaseAddress.AbsoluteUri, "--username", "rescan", "--password-stdin",
                "--thumbprint", appliance.Thumbprint, "--repository", repository, "--state", folder, "--output", "json",
            },
        };
        Process process = Process.Start(start)!;
        process.StandardInput.WriteLine("demo-password");
        process.StandardInput.Close();
        return process;
    }
}
