using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.VeeamBackupAndReplication;

/// <summary>One server that two entries of the settings lead to by addresses which do not show it, as through a forwarded port.</summary>
public sealed class SameServerTests
{
    private static readonly SimulatorOptions Server =
        SimulatorOptions.Of(
            SimulatedKind.VeeamBackupAndReplication) with
        { SessionDuration = TimeSpan.FromMilliseconds(500), OtherSessionsEvery = null };

    [Fact]
    public async Task A_run_posts_each_repository_once_and_the_other_entry_is_refused_everywhere()
    {
        await using SimulatedAppliance server = await SimulatedAppliance.StartAsync(Server, default);
        await using Relay relay = Relay.To(server.BaseAddress.Port);
        await using ApiHost api = await ApiHost.StartAsync([], Settings(server, server.BaseAddress.Port, relay.Port));

        JsonElement run = await RunAsync(api);

        Assert.Equal(4, run.GetProperty("counts").GetProperty("Succeeded").GetInt32());
        Assert.Single(run.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("appliance").GetString()).Distinct());
        string error = Assert.Single(run.GetProperty("errors").EnumerateArray()).GetString()!;
        Assert.Contains("calls itself the same server as appliance", error, StringComparison.Ordinal);
        Assert.Equal(4, Posts(server));

        string refused = error[..3];
        string holder = refused == "one" ? "two" : "one";
        JsonElement listed = Assert.Single((await api.GetAsync("/api/repositories")).GetProperty("errors").EnumerateArray());
        Assert.Equal((refused, true), (listed.GetProperty("appliance").GetString(), listed.GetProperty("answers").GetBoolean()));
        await AssertSameAsync(api, refused, holder);

        // The other process knows it from the store; and a rescan by name is refused too.
        await api.RestartAsync();
        Assert.Equal(Outcome.Rejected, (await RescanAsync(api, refused)).Outcome);
        Assert.Equal(4, Posts(server));
        await AssertSameAsync(api, refused, holder);
    }

    [Fact]
    public async Task An_entry_that_leads_to_another_server_by_now_holds_the_first_no_longer()
    {
        await using SimulatedAppliance server = await SimulatedAppliance.StartAsync(Server, default);
        await using SimulatedAppliance later = await SimulatedAppliance.StartAsync(Server, default);
        await using Relay one = Relay.To(server.BaseAddress.Port);
        Dictionary<string, string?> settings = Settings(server, one.Port, server.BaseAddress.Port);
        settings["Rescan:Appliances:0:Thumbprints:1"] = later.Thumbprint;
        await using ApiHost api = await ApiHost.StartAsync([], settings);
        await RescanAsync(api, "one");
        one.Target = later.BaseAddress.Port;
        await api.RestartAsync();

        // Its rescans are not refused for what the first entry was: that one is asked.
        Assert.Equal(Outcome.Succeeded, (await RescanAsync(api, "two")).Outcome);

        Assert.Equal(Outcome.Succeeded, (await RescanAsync(api, "one")).Outcome);
        Assert.Equal((2, 1), (Posts(server), Posts(later)));
    }

    [Fact]
    public async Task A_plan_that_no_server_makes_takes_each_repository_once_and_names_the_other_entry()
    {
        await using SimulatedAppliance server = await SimulatedAppliance.StartAsync(Server, default);
        await using Relay relay = Relay.To(server.BaseAddress.Port);
        string folder = Directory.CreateTempSubdirectory("rescan-plan-").FullName;
        ProcessStartInfo start = RescanProcess.Info(["plan", "--state", Path.Combine(folder, "state")]);
        start.WorkingDirectory = folder;
        foreach ((string name, string? value) in Settings(server, server.BaseAddress.Port, relay.Port))
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using Process plan = Process.Start(start)!;
        Task<string> errors = plan.StandardError.ReadToEndAsync();
        string output = await plan.StandardOutput.ReadToEndAsync();
        await plan.WaitForExitAsync();

        Assert.Contains("calls itself the same server as appliance", await errors, StringComparison.Ordinal);
        Assert.Equal((2, 4), (plan.ExitCode, output.Split('\n').Count(l => l.Contains("\tRescan\t", StringComparison.Ordinal))));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Check_tells_that_the_settings_have_the_server_already()
    {
        await using SimulatedAppliance server = await SimulatedAppliance.StartAsync(Server, default);
        await using Relay relay = Relay.To(server.BaseAddress.Port);
        string folder = Directory.CreateTempSubdirectory("rescan-check-").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "local.settings.json"),
            JsonSerializer.Serialize(new
            {
                Values = Settings(server, server.BaseAddress.Port)
                    .ToDictionary(s => s.Key.Replace(":", "__", StringComparison.Ordinal), s => s.Value),
            }));

        ProcessStartInfo start = RescanProcess.Info(
            [
                "check", "--kind", "vbr", "--base-url", string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{relay.Port}"),
                "-u", Server.Username, "--thumbprint", server.Thumbprint,
            ]);
        start.WorkingDirectory = folder;
        start.Environment["RESCAN_PASSWORD"] = Server.Password;
        using Process check = Process.Start(start)!;
        Task<string> errors = check.StandardError.ReadToEndAsync();
        string output = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();

        Assert.True(check.ExitCode == 0, await errors);
        Assert.Contains(
            "!! it calls itself the same server as appliance 'one'",
            string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static int Posts(SimulatedAppliance server) => server.Ledger.Count(e => e.Kind == "rescan");

    private static Dictionary<string, string?> Settings(SimulatedAppliance server, params int[] ports)
    {
        Dictionary<string, string?> settings = [];
        foreach ((int i, int port) in ports.Index())
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"Rescan:Appliances:{i}:");
            settings[key + "Name"] = i == 0 ? "one" : "two";
            settings[key + "Kind"] = nameof(SimulatedKind.VeeamBackupAndReplication);
            settings[key + "BaseUrl"] = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}");
            settings[key + "Username"] = Server.Username;
            settings[key + "Password"] = Server.Password;
            settings[key + "Thumbprints:0"] = server.Thumbprint;
        }

        return settings;
    }

    private static async Task<JsonElement> RunAsync(ApiHost api)
    {
        using HttpResponseMessage answer = await api.Http.PostAsJsonAsync(
            new Uri("/api/rescans", UriKind.Relative), new { filter = new { } });
        answer.EnsureSuccessStatusCode();
        return await api.UntilAsync(answer.Headers.Location!.ToString(), r => r.GetProperty("status").GetString() != "Running");
    }

    private static async Task<RescanOutcome> RescanAsync(ApiHost api, string appliance)
    {
        (int status, JsonElement accepted, _) =
            await api.SendAsync(HttpMethod.Post, "/api/rescans", new { appliance, repository = Server.Repositories[0].Id });
        Assert.True(status == 202, accepted.ToString());
        string request = accepted.GetProperty("requestId").GetString()!;
        OutcomeStore outcomes = api.Host.Services.GetRequiredService<OutcomeStore>();
        using CancellationTokenSource patience = new(ApiHost.Patience);
        while (true)
        {
            if (await outcomes.GetAsync(request, patience.Token) is { } outcome)
            {
                return outcome;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private static async Task AssertSameAsync(ApiHost api, string refused, string holder)
    {
        JsonElement health = await api.GetAsync("/api/health");
        foreach (JsonElement one in health.GetProperty("appliances").EnumerateArray())
        {
            string? name = one.GetProperty("name").GetString();
            Assert.Equal(name == refused ? holder : null, one.GetProperty("sameAs").GetString());
        }
    }
}
