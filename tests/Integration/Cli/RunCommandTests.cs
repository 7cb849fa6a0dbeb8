using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Cli;

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
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Outcome = end, SessionDuration = TimeSpan.FromSeconds(1) }, default);

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
    [InlineData("huge-log", 0, 1)]
    [InlineData("mfa", 6, 0)]
    [InlineData("expired-password", 6, 0)]
    [InlineData("no-rescan", 6, 0)]
    [InlineData("wrong-role", 6, 1)]
    [InlineData("no-session-id", 6, 1)]
    [InlineData("redirect", 6, 1)]
    [InlineData("purged", 8, 1)]
    [InlineData("new-certificate", 6, 1)]
    public async Task A_fault_of_the_appliance_ends_as_it_should(string fault, int exit, int posts)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { Faults = [fault], SessionDuration = TimeSpan.FromSeconds(2) }, default);

        (int code, JsonElement printed) = await RunAsync(appliance, "archive");

        Assert.True(exit == code, $"exit {code}: {printed}");
        Assert.Equal(posts, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Theory]
    [InlineData(SimulatedKind.VeeamBackupForAws)]
    [InlineData(SimulatedKind.VeeamBackupAndReplication)]
    public async Task Killed_while_it_polls_the_same_command_goes_on_with_the_same_session(SimulatedKind kind)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            SimulatorOptions.Of(kind) with { SessionDuration = TimeSpan.FromSeconds(5) }, default);
        using (Process first = Start(appliance, "archive"))
        {
            await UntilAsync(first, "poll 1 done");
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

    [Fact]
    public async Task A_rescan_that_takes_longer_than_its_deadline_is_timed_out()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }, default);

        (int code, JsonElement printed) = await RunAsync(appliance, "archive", "--deadline", "3s");

        Assert.Equal((5, "TimedOut"), (code, printed.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task The_object_printed_has_the_documented_keys_and_no_others()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1) }, default);

        (_, JsonElement printed) = await RunAsync(appliance, "archive");

        Assert.Equal(
            ["id", "appliance", "repository", "sessionId", "outcome", "reason", "startedAt", "finishedAt", "durationSeconds", "polls",
                "requests", "log"],
            printed.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["id", "name"], printed.GetProperty("repository").EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ["token", "repositories", "rescan", "session", "log", "stop", "other"],
            printed.GetProperty("requests").EnumerateObject().Select(p => p.Name));
        Assert.All(
            printed.GetProperty("log").EnumerateArray(),
            i => Assert.Equal(["time", "status", "message"], i.EnumerateObject().Select(p => p.Name)));
    }

    [Fact]
    public async Task Another_command_can_cancel_what_an_interrupted_one_left_and_only_that()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10) }, default);
        (int nothing, string error) = await ErrorAsync(appliance, "archive", "--cancel");
        using (Process first = Start(appliance, "archive"))
        {
            await UntilAsync(first, "poll 1 done");
            using Process interrupt = Process.Start("kill", ["-INT", first.Id.ToString(CultureInfo.InvariantCulture)]);
            string said = await first.StandardError.ReadToEndAsync();
            await first.WaitForExitAsync();
            Assert.Equal(130, first.ExitCode);
            Assert.Contains("--cancel", said, StringComparison.Ordinal);
        }

        (int code, JsonElement printed) = await RunAsync(appliance, "archive", "--cancel");

        Assert.Equal(64, nothing);
        Assert.Contains("nothing to cancel", error, StringComparison.Ordinal);
        Assert.Equal((4, "Canceled"), (code, printed.GetProperty("outcome").GetString()));
        Assert.Equal((1, 1), (appliance.Ledger.Count(e => e.Kind == "rescan"), appliance.Ledger.Count(e => e.Kind == "stop")));
    }

    [Fact]
    public async Task A_rescan_of_another_appliance_in_the_same_state_waits_for_its_own_command()
    {
        await using SimulatedAppliance one = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(6) }, default);
        await using SimulatedAppliance two = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1) }, default);
        using (Process first = Start(one, "archive"))
        {
            await UntilAsync(first, "poll 1 done");
            first.Kill();
            await first.WaitForExitAsync();
        }

        Assert.Equal(0, (await RunAsync(two, "archive")).Code);
        Assert.Equal(0, (await RunAsync(one, "archive")).Code);
        Assert.Equal(1, one.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task After_an_interrupted_cancel_the_rescan_waits_for_that_to_end_and_is_followed_itself()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(30) }, default);
        using (Process first = Start(appliance, "archive"))
        {
            await UntilAsync(first, "poll 1 done");
            first.Kill();
            await first.WaitForExitAsync();
        }

        // It cannot see that the session has stopped.
        appliance.Add(new Fault("unavailable", "session", 0, int.MaxValue));
        using (Process cancel = Start(appliance, "archive", "--cancel"))
        {
            await UntilAsync(cancel, "stopping the session");
            cancel.Kill();
            await cancel.WaitForExitAsync();
        }

        using Process second = Start(appliance, "archive");
        Task<string> output = second.StandardOutput.ReadToEndAsync();
        string said = await UntilAsync(second, "starts when the one before it");
        said += await UntilAsync(second, "waiting for the rescan before it to end");
        appliance.ClearFaults();
        said += await UntilAsync(second, "poll 1 done");
        Assert.True(appliance.State.Sessions.All.Single(s => !s.IsOver(appliance.State.Now)).Break(appliance.State.Now, "succeeded", null),
            said);
        said += await second.StandardError.ReadToEndAsync();
        await second.WaitForExitAsync();

        Assert.True(second.ExitCode == 0, said);
        Assert.Equal("Succeeded", JsonSerializer.Deserialize<JsonElement>(await output).GetProperty("outcome").GetString());
        Assert.Equal(2, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("wrong-role", false)]
    [InlineData("mfa", false)]
    public async Task In_a_pipe_the_first_line_is_of_no_poll_and_polls_are_told_only_once_there_is_a_session(string fault, bool isPolled)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(500), Faults = fault.Length == 0 ? [] : [fault] }, default);

        (_, string error) = await ErrorAsync(appliance, "archive");

        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int poll = Array.FindIndex(lines, l => l.Contains("poll", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("poll 0", error, StringComparison.Ordinal);
        Assert.True(isPolled
            ? poll > Array.FindIndex(lines, l => l.Contains("watching session", StringComparison.Ordinal)) && poll > 0 : poll < 0, error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_person_sees_it_live_though_the_password_comes_from_a_file(bool onStdin)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(1) }, default);
        string file = Path.Combine(folder, "password.txt");
        await File.WriteAllTextAsync(file, "demo-password\n");
        using PseudoTerminal terminal = new(
            [
                "run", "--base-url", appliance.BaseAddress.AbsoluteUri, "--username", "rescan", "--thumbprint", appliance.Thumbprint,
                "--repository", "archive", "--state", folder, .. onStdin ? (string[])["--password-stdin"] : ["--password-file", file],
            ],
            onStdin ? file : null);

        Assert.True(await terminal.EndAsync() == 0, terminal.Seen);
        Assert.Contains("watching the session · 00:0", terminal.Seen, StringComparison.Ordinal);
        Assert.Contains("╭", terminal.Seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--password-file", "nowhere.txt", "nowhere.txt cannot be read")]
    [InlineData("--password-file", "empty.txt", "empty.txt has no first line")]
    [InlineData("--password-file", "empty.txt", "not both", "--password-stdin")]
    public async Task A_password_file_that_gives_none_is_told(string option, string file, string says, params string[] more)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "empty.txt"), "");
        Ended ended = await RescanProcess.RunAsync(
            [
                "run", "--base-url", "https://127.0.0.1:1", "--username", "rescan", "--repository", "archive", "--state", folder, option,
                Path.Combine(folder, file), .. more,
            ]);

        Assert.Equal(64, ended.Exit);
        Assert.Contains(says, ended.Error, StringComparison.Ordinal);
    }

    /// <returns>What it said up to there.</returns>
    private static async Task<string> UntilAsync(Process process, string said)
    {
        StringBuilder lines = new();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (lines.AppendLine(line) is not null && line.Contains(said, StringComparison.Ordinal))
            {
                return lines.ToString();
            }
        }

        Assert.Fail($"It never said '{said}', but:\n{lines}");
        return "";
    }

    private async Task<(int Code, string Error)> ErrorAsync(SimulatedAppliance appliance, string repository, params string[] more)
    {
        using Process process = Start(appliance, repository, more);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }

    private async Task<(int Code, JsonElement Printed)> RunAsync(SimulatedAppliance appliance, string repository, params string[] more)
    {
        using Process process = Start(appliance, repository, more);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(output.Length > 0, await errors);
        return (process.ExitCode, JsonSerializer.Deserialize<JsonElement>(output));
    }

    private Process Start(SimulatedAppliance appliance, string repository, params string[] more) => RescanProcess.Start(
        [
            "run", "--kind", appliance.State.Options.Kind == SimulatedKind.VeeamBackupForAws ? "vbaws" : "vbr",
            "--base-url", appliance.BaseAddress.AbsoluteUri, "--username", appliance.State.Options.Username, "--password-stdin",
            "--thumbprint", appliance.Thumbprint, "--repository", repository, "--state", folder, "--output", "json", .. more,
        ],
        "demo-password", ("Rescan__Polling__Kappa", "0.1"), ("Rescan__Polling__MinInterval", "00:00:00.5"),
        ("Rescan__LostAnswerWait", "00:00:05"));
}
