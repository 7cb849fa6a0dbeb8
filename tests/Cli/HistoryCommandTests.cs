using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Rescan.Local.Appliance;

namespace Rescan.Tests.Cli;

/// <summary>The commands that look back, as processes of their own beside a <c>rescan serve</c> that owns the state.</summary>
public sealed class HistoryCommandTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-history-").FullName;
    private SimulatedAppliance appliance = null!;
    private Process? serve;
    private HttpClient http = null!;

    public async Task InitializeAsync() => appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(5) }, default);

    public async Task DisposeAsync()
    {
        if (serve is { HasExited: false })
        {
            serve.Kill();
            await serve.WaitForExitAsync();
        }

        serve?.Dispose();
        http?.Dispose();
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task They_look_on_while_serve_runs_and_reach_it_to_cancel()
    {
        await ServeAsync();
        string first = await StartAsync("archive");
        await SessionAsync(first);
        (await http.DeleteAsync("/api/rescans/" + first)).EnsureSuccessStatusCode();
        await WaitAsync(first);
        string second = await StartAsync("staging");
        await SessionAsync(second);

        JsonElement status = await JsonAsync("status");
        Assert.Equal("staging", Assert.Single(status.GetProperty("running").EnumerateArray()).GetProperty("repository").GetProperty("name").GetString());
        Assert.Equal("Canceled", Assert.Single(status.GetProperty("last").EnumerateArray()).GetProperty("outcome").GetString());
        Assert.Equal(http.BaseAddress!.AbsoluteUri, status.GetProperty("servedAt").GetString());
        Assert.Contains("Starting rescan of repository staging", (await RunAsync("log", "staging")).Said, StringComparison.Ordinal);

        (int exit, string said) = await RunAsync("cancel", "staging");
        Assert.Equal((0, "The rescan of staging on demo is being canceled; rescan status shows when it has ended."), (exit, said.Trim()));
        await WaitAsync(second);
        Assert.Equal(2, appliance.Ledger.Count(e => e.Kind == "stop"));

        JsonElement[] history = [.. (await JsonAsync("history")).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("outcome"))];
        Assert.Equal(["staging Canceled", "archive Canceled"], history.Select(o => $"{o.GetProperty("repository").GetProperty("name").GetString()} {o.GetProperty("outcome").GetString()}"));
        Assert.Equal(6, (await JsonAsync("cancel", "archive")).GetProperty("exit").GetInt32());

        string log = (await RunAsync("log", "ARCHIVE")).Said;
        Assert.Contains("Starting rescan of repository archive", log, StringComparison.Ordinal);
        Assert.Equal(log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, (await JsonAsync("log", first)).GetProperty("log").GetArrayLength());
        Assert.Contains("archive", (await RunAsync("history", "--outcome", "Canceled")).Said, StringComparison.Ordinal);
        Assert.DoesNotContain("archive", (await RunAsync("history", "--outcome", "Failed")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancel_left_while_no_process_runs_is_heard_at_the_next_start()
    {
        await ServeAsync();
        string id = await StartAsync("archive");
        await SessionAsync(id);
        serve!.Kill();
        await serve.WaitForExitAsync();

        Assert.Contains("no process runs it now", (await RunAsync("cancel", id)).Said, StringComparison.Ordinal);
        await ServeAsync();
        JsonElement rescan = await WaitAsync(id);

        Assert.Equal("Canceled", rescan.GetProperty("outcome").GetProperty("outcome").GetString());
        Assert.StartsWith("Canceled by the operator.", rescan.GetProperty("outcome").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_never_was_is_not_made_by_looking()
    {
        string nowhere = Path.Combine(folder, "nowhere");

        (int exit, string said) = await ProcessAsync(["history", "--state", nowhere]);

        Assert.Equal(78, exit);
        Assert.Contains(nowhere, said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(nowhere));
    }

    private async Task ServeAsync()
    {
        serve?.Dispose();
        serve = Start(["serve", "--state", folder, "--url", "http://127.0.0.1:0"]);
        string? line;
        do
        {
            line = await serve.StandardError.ReadLineAsync() ?? throw new InvalidOperationException("serve ended");
        }
        while (!line.Contains("serving at ", StringComparison.Ordinal));

        _ = serve.StandardOutput.ReadToEndAsync();
        _ = serve.StandardError.ReadToEndAsync();
        http?.Dispose();
        http = new HttpClient { BaseAddress = new Uri(line.Split("serving at ")[1].Split("api;")[0]) };
    }

    private async Task<string> StartAsync(string repository)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync("/api/rescans", new { appliance = "demo", repository });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private Task<JsonElement> SessionAsync(string id) => UntilAsync(id, r => r.GetProperty("sessionId").ValueKind == JsonValueKind.String);

    private Task<JsonElement> WaitAsync(string id) => UntilAsync(id, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);

    private async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            JsonElement rescan = await http.GetFromJsonAsync<JsonElement>("/api/rescans/" + id, patience.Token);
            if (isSo(rescan))
            {
                return rescan;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        (int exit, string said) = await ProcessAsync([.. arguments, "--state", folder, "--output", "json"]);
        return JsonSerializer.Deserialize<JsonElement>(exit == 0 ? said : $$"""{"exit":{{exit}}}""");
    }

    private Task<(int Exit, string Said)> RunAsync(params string[] arguments) => ProcessAsync([.. arguments, "--state", folder]);

    private async Task<(int Exit, string Said)> ProcessAsync(string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : await errors);
    }

    private Process Start(string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "rescan.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            Environment =
            {
                ["Rescan__Appliances__0__Name"] = "demo", ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
                ["Rescan__Appliances__0__Username"] = "rescan", ["Rescan__Appliances__0__Password"] = "demo-password",
                ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint, ["Rescan__Polling__MinInterval"] = "00:00:00.5", ["Rescan__Polling__MaxInterval"] = "00:00:01",
            },
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
