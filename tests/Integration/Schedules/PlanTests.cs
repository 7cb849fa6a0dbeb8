using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Cli;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Schedules;

/// <summary>What the next scheduled run would do, by the API and as typed. Nothing of it starts anything.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-plan-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_api_tells_what_a_run_would_take_what_not_and_why_and_which_appliance_did_not_answer()
    {
        FakeTimeProvider time = new(DateTimeOffset.Parse("2026-05-04T05:00:00Z", CultureInfo.InvariantCulture));
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions(), new SimulatorOptions(), new SimulatorOptions()],
            new Dictionary<string, string?>
            {
                ["Rescan:Appliances:1:Thumbprints:0"] = new string('A', 64),
                ["Rescan:Schedules:0:Name"] = "weekly", ["Rescan:Schedules:0:Cron"] = "0 3 * * 0",
                ["Rescan:Schedules:1:Name"] = "east", ["Rescan:Schedules:1:Cron"] = "30 1 * * *",
                ["Rescan:Schedules:1:Appliances:0"] = "one", ["Rescan:Schedules:1:Appliances:1"] = "two",
                ["Rescan:Schedules:1:Include:0"] = "prod-*", ["Rescan:Schedules:1:Exclude:0"] = "*-central",
            },
            time: time);

        JsonElement plan = await api.GetAsync("/api/schedule/plan");

        Assert.Equal("east", plan.GetProperty("schedule").GetString());
        Assert.Equal("2026-05-05T01:30:00+00:00", plan.GetProperty("dueAt").GetString());
        Assert.Equal(["one/prod-us-east"], plan.GetProperty("items").EnumerateArray().Select(Named));
        Assert.Equal(
            [
                "one/archive: its name is not like 'prod-*'",
                "one/prod-eu-central: its name is like '*-central', which is excluded",
                "one/staging: its name is not like 'prod-*'",
            ],
            plan.GetProperty("leftOut").EnumerateArray().Select(o => $"{Named(o)}: {o.GetProperty("reason").GetString()}"));
        Assert.Equal(["three"], plan.GetProperty("otherAppliances").EnumerateArray().Select(a => a.GetString()));
        JsonElement error = Assert.Single(plan.GetProperty("errors").EnumerateArray());
        Assert.Equal(("two", true), (error.GetProperty("appliance").GetString(), error.GetProperty("answers").GetBoolean()));

        JsonElement weekly = await api.GetAsync("/api/schedule/plan?schedule=WEEKLY");
        Assert.Equal(8, weekly.GetProperty("items").GetArrayLength());
        (int status, JsonElement problem, _) = await api.SendAsync(HttpMethod.Get, "/api/schedule/plan?schedule=weekli");
        Assert.Equal(404, status);
        Assert.Equal(
            "No schedule is named 'weekli'; there is weekly, east. Did you mean 'weekly'?", problem.GetProperty("detail").GetString());
        Assert.All(api.Appliances, a => Assert.DoesNotContain(a.Ledger, e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task The_command_asks_the_server_and_without_one_the_appliances_by_the_same_settings()
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        await File.WriteAllTextAsync(Path.Combine(folder, "local.settings.json"), $$$"""
            {"Values": {
              "Rescan__Appliances__0__Name": "demo", "Rescan__Appliances__0__BaseUrl": "{{{appliance.BaseAddress.AbsoluteUri}}}",
              "Rescan__Appliances__0__Username": "rescan", "Rescan__Appliances__0__Password": "demo-password",
              "Rescan__Appliances__0__Thumbprints__0": "{{{appliance.Thumbprint}}}",
              "Rescan__Schedules__0__Exclude__0": "staging" } }
            """);
        Ended alone = await PlanAsync();
        string table;
        Directory.CreateDirectory(Path.Combine(folder, "state"));
        ServeProcess serve = await ServeProcess.StartAsync(
            Path.Combine(folder, "state"), appliance,
            [("Rescan__Schedules__0__Exclude__0", "archive"), ("Rescan__Key", "a-key-of-the-plan-tests")]);
        await using (serve)
        {
            Ended paused = await RescanAsync(
                ["pause", "--for", "2d", "--reason", "upgrade"], ("RESCAN_KEY", "a-key-of-the-plan-tests"));
            Ended served = await PlanAsync(("RESCAN_KEY", "a-key-of-the-plan-tests"));
            Ended refused = await PlanAsync();

            Assert.Equal((0, ""), (paused.Exit, paused.Error));
            Assert.Equal((0, "archive: its name is like 'archive', which is excluded"), (served.Exit, LeftOut(served)));
            Assert.Contains("It is paused until", served.Error, StringComparison.Ordinal);
            Assert.Contains("(upgrade)", served.Error, StringComparison.Ordinal);
            Assert.Equal(ExitCodes.Configuration, refused.Exit);
            Assert.Contains("RESCAN_KEY", refused.Error, StringComparison.Ordinal);
            table = served.Out;
            await serve.StopAsync();
        }

        Ended after = await PlanAsync();
        Assert.Equal((0, "staging: its name is like 'staging', which is excluded"), (alone.Exit, LeftOut(alone)));
        Assert.Contains("no process serves this state now", alone.Error, StringComparison.Ordinal);
        Assert.Contains("It would rescan 3 of 4 repositories listed now.", alone.Error, StringComparison.Ordinal);
        Assert.Contains("(upgrade)", after.Error, StringComparison.Ordinal);
        Assert.StartsWith("REPOSITORY\tAPPLIANCE\tPLAN\tWHY NOT\n", table, StringComparison.Ordinal);
        Assert.DoesNotContain(appliance.Ledger, e => e.Kind == "rescan");

        Ended json = await RescanAsync("plan", "--output", "json");
        Assert.Equal("nightly", json.Json.GetProperty("schedule").GetString());
        Ended unknown = await RescanAsync("plan", "--schedule", "nightli");
        Assert.Equal(ExitCodes.Usage, unknown.Exit);
        Assert.Contains("Did you mean 'nightly'?", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_appliance_that_does_not_list_and_settings_with_faults_are_no_success()
    {
        Ended silent = await RescanAsync(
            ["plan"], ("Rescan__Appliances__0__Name", "demo"), ("Rescan__Appliances__0__BaseUrl", "https://127.0.0.1:1"),
            ("Rescan__Appliances__0__Username", "rescan"), ("Rescan__Appliances__0__Password", "demo-password"));
        Ended none = await RescanAsync("plan");

        Assert.Equal(2, silent.Exit);
        Assert.Contains("error: Appliance 'demo'", silent.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Configuration, none.Exit);
        Assert.Contains("Rescan__Appliances", none.Error, StringComparison.Ordinal);
    }

    private static string Named(JsonElement item) =>
        $"{item.GetProperty("appliance").GetString()}/{item.GetProperty("repository").GetProperty("name").GetString()}";

    private static string LeftOut(Ended ended) => string.Join(
        '\n', ended.Out.Split('\n').Select(l => l.Split('\t')).Where(c => c is [_, _, "LeaveOut", _]).Select(c => $"{c[0]}: {c[3]}"));

    private Task<Ended> PlanAsync(params (string Name, string Value)[] environment) => RescanAsync(["plan"], environment);

    private Task<Ended> RescanAsync(params string[] arguments) => RescanAsync(arguments, []);

    private async Task<Ended> RescanAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        System.Diagnostics.ProcessStartInfo start = RescanProcess.Info([.. arguments, "--state", Path.Combine(folder, "state")]);
        start.WorkingDirectory = folder;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using System.Diagnostics.Process command = System.Diagnostics.Process.Start(start)!;
        Task<string> errors = command.StandardError.ReadToEndAsync();
        string output = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        return new Ended(command.ExitCode, output, await errors);
    }
}
