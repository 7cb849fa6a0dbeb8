using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Support;

/// <summary><c>rescan serve</c> as a process of its own on a folder, with a simulated appliance named demo.</summary>
internal sealed class ServeProcess : IAsyncDisposable
{
    private readonly Process process;

    private ServeProcess(Process process, Uri address)
    {
        this.process = process;
        Http = new HttpClient { BaseAddress = address };
    }

    public HttpClient Http { get; }

    public static Task<ServeProcess> StartAsync(string folder, SimulatedAppliance appliance, params string[] options) =>
        StartAsync(folder, appliance, [], options);

    public static async Task<ServeProcess> StartAsync(
        string folder, SimulatedAppliance appliance, (string Name, string Value)[] environment, params string[] options)
    {
        Process process = Start(folder, appliance, ["serve", "--state", folder, "--url", "http://127.0.0.1:0", .. options], environment);
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync()
                ?? throw new InvalidOperationException("serve ended: " + await process.StandardOutput.ReadToEndAsync());
        }
        while (!line.Contains("serving at ", StringComparison.Ordinal));

        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        return new ServeProcess(process, new Uri(line.Split("serving at ")[1].Split("api;")[0]));
    }

    /// <summary>Starts any command of rescan with the appliance in its settings.</summary>
    public static Process Start(
        string folder, SimulatedAppliance appliance, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = RescanProcess.Info(arguments);
        start.WorkingDirectory = folder;
        start.Environment["Rescan__Appliances__0__Name"] = "demo";
        start.Environment["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
        start.Environment["Rescan__Appliances__0__Username"] = "rescan";
        start.Environment["Rescan__Appliances__0__Password"] = "demo-password";
        start.Environment["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint;
        start.Environment["Rescan__Polling__MinInterval"] = "00:00:00.5";
        start.Environment["Rescan__Polling__MaxInterval"] = "00:00:01";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public async Task<string> RescanAsync(string repository)
    {
        using HttpResponseMessage answer = await Http.PostAsJsonAsync("/api/rescans", new { appliance = "demo", repository });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>Waits until the rescan has a session.</summary>
    public Task<JsonElement> SessionAsync(string id) => UntilAsync(id, r => r.GetProperty("sessionId").ValueKind == JsonValueKind.String);

    /// <summary>Waits until the rescan has an outcome.</summary>
    public Task<JsonElement> OutcomeAsync(string id) => UntilAsync(id, r => r.GetProperty("outcome").ValueKind == JsonValueKind.Object);

    /// <summary>Waits until the rescan is as asked for.</summary>
    public async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> isSo)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            JsonElement rescan = await Http.GetFromJsonAsync<JsonElement>("/api/rescans/" + id, patience.Token);
            if (isSo(rescan))
            {
                return rescan;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Stops it as an operator would.</summary>
    public async Task StopAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
        Http.Dispose();
    }
}
