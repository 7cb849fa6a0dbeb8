using System.Diagnostics;
using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Cli;

/// <summary><c>rescan serve</c> with named keys, and the commands that ask it.</summary>
public sealed class RolesCommandTests : IAsyncLifetime
{
    private const string Viewer = "0123456789abcdef-viewer";
    private const string Operator = "0123456789abcdef-operator";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-roles-").FullName;
    private SimulatedAppliance appliance = null!;

    private (string, string)[] Keys =>
    [
        ("Rescan__Keys__0__Name", "night-watch"), ("Rescan__Keys__0__Key", Viewer), ("Rescan__Keys__0__Role", "viewer"),
        ("Rescan__Keys__1__Name", "night-shift"), ("Rescan__Keys__1__KeyFile", Path.Combine(folder, "operator.key")),
        ("Rescan__Keys__1__Role", "operator"),
    ];

    public async Task InitializeAsync()
    {
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(5) }, default);
        await File.WriteAllTextAsync(Path.Combine(folder, "operator.key"), Operator + "\n");
    }

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_viewers_key_looks_on_and_the_operators_of_the_settings_starts_and_cancels_by_its_name()
    {
        await using ServeProcess serve = await ServeProcess.StartAsync(folder, appliance, Keys);
        string url = serve.Http.BaseAddress!.AbsoluteUri;
        serve.Http.DefaultRequestHeaders.Add("x-functions-key", Viewer);

        (int exit, string said) = await RunAsync([("RESCAN_KEY", Viewer)], "start", "archive", "--url", url);
        Assert.Equal((6, true), (exit, said.Contains("night-watch has the role Viewer; this needs Operator.", StringComparison.Ordinal)));
        (exit, said) = await RunAsync(Keys, "start", "archive", "--url", url, "--output", "json");
        Assert.True(exit == 0, said);
        string id = JsonDocument.Parse(said[said.IndexOf("[\n", StringComparison.Ordinal)..]).RootElement[0].GetProperty("id").GetString()!;
        await serve.SessionAsync(id);
        (exit, said) = await RunAsync([("RESCAN_KEY", Viewer)], "status", "--state", folder);
        Assert.Contains("night-shift", said, StringComparison.Ordinal);
        (exit, said) = await RunAsync(Keys, "cancel", "archive", "--state", folder);
        Assert.True(exit == 0, said);

        JsonElement rescan = await serve.OutcomeAsync(id);
        Assert.Equal("night-shift", rescan.GetProperty("startedBy").GetProperty("name").GetString());
        Assert.Equal("night-shift", rescan.GetProperty("canceledBy").GetProperty("name").GetString());
        (_, said) = await RunAsync([], "history", "--state", folder);
        Assert.Contains("night-shift", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Operator, said, StringComparison.Ordinal);
        (_, said) = await RunAsync([], "report", "--state", folder);
        Assert.Contains("Started by night-shift (1). Canceled by night-shift (1).", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_keys_stop_the_start_and_are_told_by_the_check_too_without_any_key()
    {
        (string, string)[] faulty =
        [
            .. Keys, ("Rescan__Keys__2__Name", "night-watch"), ("Rescan__Keys__2__Key", "0123456789abcdef-other"),
            ("Rescan__Keys__3__Name", "dba"), ("Rescan__Keys__3__Key", Operator), ("Rescan__Keys__4__Name", "empty"),
            ("Rescan__Keys__5__Name", "boss"), ("Rescan__Keys__5__Key", "0123456789abcdef-boss"), ("Rescan__Keys__5__Role", "admin"),
        ];
        foreach (string[] arguments in (string[][])[["serve", "--state", folder, "--url", "http://127.0.0.1:0"], ["settings", "check"]])
        {
            (int exit, string said) = await RunAsync(faulty, arguments);
            Assert.Equal(78, exit);
            Assert.All(
                ["Rescan__Keys__2__Name", "Rescan__Keys__3__Key", "Rescan__Keys__4__Key", "Rescan__Keys__5__Role"],
                k => Assert.Contains(k, said, StringComparison.Ordinal));
            Assert.DoesNotContain("0123456789abcdef", said, StringComparison.Ordinal);
        }

        (int ok, string checkedText) = await RunAsync(Keys, "settings", "check");
        Assert.True(ok == 0, checkedText);
        Assert.Contains("2 keys", checkedText, StringComparison.Ordinal);
        Assert.Contains("night-shift: Operator", checkedText, StringComparison.Ordinal);
    }

    private async Task<(int Exit, string Said)> RunAsync((string, string)[] environment, params string[] arguments)
    {
        using Process process = ServeProcess.Start(folder, appliance, arguments, environment);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await error + said.ReplaceLineEndings("\n"));
    }
}
