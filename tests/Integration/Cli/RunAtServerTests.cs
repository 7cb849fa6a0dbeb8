using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Tests.Integration.Cli;

/// <summary><c>rescan run</c> while <c>rescan serve</c> has its state.</summary>
public sealed class RunAtServerTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-run-at-server-").FullName;
    private SimulatedAppliance appliance = null!;

    public async Task InitializeAsync() => appliance = await SimulatedAppliance.StartAsync(
        new SimulatorOptions { SessionDuration = TimeSpan.FromMilliseconds(500) }, default);

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_server_is_asked_and_the_rescan_is_that_of_the_appliance_it_knows()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);
        Ended ended = await RunAsync(appliance.BaseAddress, "archive");

        JsonElement result = JsonDocument.Parse(ended.Out).RootElement;
        Assert.Equal(0, ended.Exit);
        Assert.Equal(
            ("demo", "rescan-demo-" + SimulatedRepository.Defaults[2].Id),
            (result.GetProperty("appliance").GetString(), result.GetProperty("id").GetString()));
        Assert.Contains("knows the appliance as demo", ended.Error, StringComparison.Ordinal);
        Assert.Single(appliance.Ledger, e => e.Path.EndsWith("/rescan", StringComparison.Ordinal));
        await serve.StopAsync();
    }

    [Fact]
    public async Task One_that_has_to_wait_is_told_shown_and_followed_and_can_be_canceled_by_its_request()
    {
        await using SimulatedAppliance slow = await SimulatedAppliance.StartAsync(
            new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(10), Scenario = [new Fault("slow", "stop", 0, 1, 60)] }, default);
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, slow);
        string id = await serve.RescanAsync("archive");
        await serve.SessionAsync(id);
        (await serve.Http.DeleteAsync(new Uri("/api/rescans/" + id, UriKind.Relative))).EnsureSuccessStatusCode();

        Task<Ended> run = RunAsync(slow.BaseAddress, "archive", slow.Thumbprint);
        Ended status = await UntilWaitingAsync();
        JsonElement waiting = status.Json.GetProperty("running")[1];
        Ended shown = await RescanProcess.RunAsync(["status", "--state", folder]);
        Ended cancel = await RescanProcess.RunAsync(["cancel", waiting.GetProperty("requestId").GetString()!, "--state", folder]);
        Ended ended = await run;

        Assert.Contains("1 rescan runs, 1 waits for the one before it (served at ", shown.Out, StringComparison.Ordinal);
        Assert.Contains("\tWaits\t", shown.Out, StringComparison.Ordinal);
        Assert.Contains("archive on demo starts when the one before it has ended", ended.Error, StringComparison.Ordinal);
        Assert.Contains("waiting for the rescan before it to end", ended.Error, StringComparison.Ordinal);
        Assert.Equal((0, 4), (cancel.Exit, ended.Exit));
        Assert.Single(slow.Ledger, e => e.Kind == "rescan");
    }

    [Fact]
    public async Task An_appliance_that_the_server_does_not_know_and_a_repository_that_is_not_there_are_told()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance);
        Ended stranger = await RunAsync(new Uri("https://127.0.0.1:1/"), "archive");
        Ended misspelt = await RunAsync(appliance.BaseAddress, "archiv");

        Assert.Equal(78, stranger.Exit);
        Assert.Contains("no appliance at 127.0.0.1:1", stranger.Error, StringComparison.Ordinal);
        Assert.Equal(64, misspelt.Exit);
        Assert.Contains("Did you mean 'archive'?", misspelt.Error, StringComparison.Ordinal);
        await serve.StopAsync();
    }

    [Fact]
    public async Task Without_a_server_it_takes_the_name_that_the_settings_of_this_folder_have()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "local.settings.json"), $$$"""
            {"Values":{"Rescan__Appliances__0__Name":"fra","Rescan__Appliances__0__BaseUrl":"{{{appliance.BaseAddress.AbsoluteUri.TrimEnd('/')}}}"}}
            """);
        Ended ended = await RunAsync(appliance.BaseAddress, "archive");

        Assert.Equal((0, "fra"), (ended.Exit, JsonDocument.Parse(ended.Out).RootElement.GetProperty("appliance").GetString()));
    }

    private async Task<Ended> UntilWaitingAsync()
    {
        Ended status;
        do
        {
            status = await RescanProcess.RunAsync(["status", "--state", folder, "--output", "json"]);
            Assert.Equal(0, status.Exit);
        }
        while (status.Json.GetProperty("running").GetArrayLength() < 2);

        return status;
    }

    private async Task<Ended> RunAsync(Uri address, string repository, string? thumbprint = null)
    {
        System.Diagnostics.ProcessStartInfo start = RescanProcess.Info(
            [
                "run", "--base-url", address.AbsoluteUri, "--username", "rescan", "--password-stdin", "--thumbprint",
                thumbprint ?? appliance.Thumbprint,
                "--repository", repository, "--state", folder, "--output", "json",
            ]);
        start.WorkingDirectory = folder;
        start.RedirectStandardInput = true;
        using System.Diagnostics.Process run = System.Diagnostics.Process.Start(start)!;
        await run.StandardInput.WriteLineAsync("demo-password");
        run.StandardInput.Close();
        Task<string> errors = run.StandardError.ReadToEndAsync();
        string output = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        return new Ended(run.ExitCode, output, await errors);
    }
}
