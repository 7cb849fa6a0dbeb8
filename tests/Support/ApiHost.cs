using System.Net.Http.Json;
using System.Text.Json;
using DurableTask.Core.History;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Rescans;
using Rescan.Functions;
using Rescan.Local.Cli;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Support;

/// <summary>The app whole, over real HTTP, with simulated appliances named one, two, ... over real HTTPS.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-api-").FullName;
    private readonly Dictionary<string, string?> settings = [];
    private TimeProvider time = TimeProvider.System;
    private string? storage;
    private string? hub;
    private Action<IServiceCollection>? configure;

    private ApiHost()
    {
    }

    /// <summary>The settings that it has, for another host of the same app.</summary>
    public Dictionary<string, string?> Settings => settings;

    /// <summary>Where the state is kept.</summary>
    public string Folder => folder;

    public LocalFunctionHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public IReadOnlyList<SimulatedAppliance> Appliances { get; private set; } = [];

    public static async Task<ApiHost> StartAsync(
        IEnumerable<SimulatorOptions> appliances, Dictionary<string, string?>? settings = null, bool timers = false,
        ILoggerProvider? log = null, TimeProvider? time = null, string? storage = null,
        Action<IServiceCollection>? configure = null, string? hub = null)
    {
        string[] names = ["one", "two", "three", "four"];
        ApiHost api = new() { time = time ?? TimeProvider.System, storage = storage, configure = configure, hub = hub };
        List<SimulatedAppliance> started = [];
        foreach (SimulatorOptions options in appliances)
        {
            SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, default);
            string key = $"Rescan:Appliances:{started.Count}:";
            api.settings[key + "Name"] = started.Count < names.Length ? names[started.Count] : $"appliance-{started.Count + 1}";
            api.settings[key + "Kind"] = options.Kind.ToString();
            api.settings[key + "BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
            api.settings[key + "Username"] = options.Username;
            api.settings[key + "Password"] = options.Password;
            api.settings[key + "Thumbprints:0"] = appliance.Thumbprint;
            started.Add(appliance);
        }

        api.Appliances = started;
        api.settings["Rescan:Polling:MinInterval"] = "00:00:00.2";
        api.settings["Rescan:Polling:MaxInterval"] = "00:00:00.5";
        api.settings["AzureWebJobsStorage"] = storage;
        foreach ((string key, string? value) in settings ?? [])
        {
            api.settings[key] = value;
        }

        await api.OpenAsync(timers, log);
        return api;
    }

    /// <summary>Stops the app and starts it again on what it left.</summary>
    public async Task RestartAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        await OpenAsync(timers: false, null);
    }

    public async Task<(int Status, JsonElement Body, HttpResponseMessage Answer)> SendAsync(
        HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        HttpResponseMessage answer = await Http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        return ((int)answer.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text), answer);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        (int status, JsonElement body, _) = await SendAsync(HttpMethod.Get, path);
        Assert.True(status == 200, $"{path}: {status} {body}");
        return body;
    }

    /// <summary>Asks until the answer is as wanted.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> wanted)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            (int status, JsonElement body, _) = await SendAsync(HttpMethod.Get, path);
            if (status == 200 && wanted(body))
            {
                return body;
            }

            if (patience.IsCancellationRequested)
            {
                Assert.Fail($"{path} never came to what was wanted; last: {status} {body}");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>How large histories are now: the most events and the most characters that an unfinished instance of a kind has.</summary>
    public async Task<(long Events, long Characters)> LongestHistoryAsync(string orchestration)
    {
        (long events, long characters) = (0, 0);
        OrchestrationQuery unfinished = new(Statuses: [OrchestrationRuntimeStatus.Running]);
        await foreach (OrchestrationMetadata instance in Host.Client.GetAllInstancesAsync(unfinished))
        {
            if (instance.Name == orchestration)
            {
                IList<HistoryEvent> history = await Host.Client.GetOrchestrationHistoryAsync(instance.InstanceId);
                events = Math.Max(events, history.Count);
                characters = Math.Max(characters, history.Sum(e => e switch
                {
                    ExecutionStartedEvent started => started.Input?.Length ?? 0,
                    TaskScheduledEvent scheduled => scheduled.Input?.Length ?? 0,
                    TaskCompletedEvent completed => completed.Result?.Length ?? 0,
                    EventRaisedEvent raised => raised.Input?.Length ?? 0,
                    _ => 0,
                }));
            }
        }

        return (events, characters);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        foreach (SimulatedAppliance appliance in Appliances)
        {
            await appliance.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task OpenAsync(bool timers, ILoggerProvider? log)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        Host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(folder, "state.db"),
                FunctionsAssembly = typeof(RescanApi).Assembly,
                Configuration = configuration,
                ConfigureServices = services =>
                {
                    configure?.Invoke(services);
                    services.AddRescan(configuration);
                },
                Url = new Uri("http://127.0.0.1:0"),
                Keys = AppHost.KeysOf(configuration.ReadServeOptions()),
                Timers = timers,
                Time = time,
                Storage = storage,
                TaskHub = hub ?? "Api" + Path.GetFileName(folder).GetHashCode(StringComparison.Ordinal)
                    .ToString("x8", System.Globalization.CultureInfo.InvariantCulture),
                ConfigureLogging = log is null ? null : l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(log),
            },
            CancellationToken.None);
        Http = new HttpClient { BaseAddress = Host.BaseAddress };
        if (configuration["Rescan:Key"] is { } key)
        {
            Http.DefaultRequestHeaders.Add("x-functions-key", key);
        }
    }
}
