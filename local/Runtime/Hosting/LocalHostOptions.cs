using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api.Callers;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>What the local function host runs, and where.</summary>
public sealed class LocalHostOptions
{
    /// <summary>The task hub's file; not used with <see cref="Storage"/>.</summary>
    public required string StateFile { get; init; }

    /// <summary>
    /// Azure Storage instead of a file: <c>UseDevelopmentStorage=true</c>, a connection string, or the account's address for
    /// use with a Microsoft Entra identity.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>The hub's name in the storage account: 3 to 40 letters and digits, a letter first.</summary>
    public string TaskHub { get; init; } = "Rescan";

    /// <summary>Whether to wait while another process owns the file, and take over when it ends; refused at once when off.</summary>
    public bool StandBy { get; init; }

    /// <summary>Told once when it has to wait.</summary>
    public Action? OnStandBy { get; init; }

    /// <summary>Runs once the hub is owned, before anything else does, with the app's services; what it throws ends the start.</summary>
    public Func<IServiceProvider, CancellationToken, Task>? Prepare { get; init; }

    /// <summary>The assembly with the app's functions.</summary>
    public required Assembly FunctionsAssembly { get; init; }

    /// <summary>The app's settings.</summary>
    public required IConfiguration Configuration { get; init; }

    /// <summary>Registers the app's services.</summary>
    public required Action<IServiceCollection> ConfigureServices { get; init; }

    /// <summary>Address to listen on; port 0 takes any free one.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    /// <summary>
    /// The function keys of which callers must show one, several while they are changed; none is asked for when
    /// empty, which only loopback allows.
    /// </summary>
    public IReadOnlyList<CallerKey> Keys { get; init; } = [];

    /// <summary>Where the address without a path leads; nowhere when null.</summary>
    public string? Home { get; init; }

    /// <summary>
    /// What is served beside the functions, by path, such as <c>/metrics</c>; callers must show a key where any is asked for.
    /// </summary>
    public IReadOnlyDictionary<string, Action<IApplicationBuilder>> Paths { get; init; } =
        new Dictionary<string, Action<IApplicationBuilder>>();

    /// <summary>
    /// Host names, besides those of loopback, under which requests are served; when none is told and keys are asked for, any is.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// Sites, such as https://example.org, whose pages may make a browser change something here; the host's own page always may.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>How many connections are held.</summary>
    internal ConnectionCaps Connections { get; init; } = new();

    /// <summary>Requests that a client may send a second, on the average; at least 1.</summary>
    public int RequestsPerSecond { get; init; } = 100;

    /// <summary>Requests that a client may send at once after a rest; at least 1.</summary>
    public int RequestBurst { get; init; } = 1000;

    /// <summary>The version that orchestrations are started in, and which are taken up.</summary>
    public TaskHubVersion Version { get; init; } = TaskHubVersion.None;

    /// <summary>Whether timer functions run.</summary>
    public bool Timers { get; init; } = true;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where logs go; nowhere when null.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}
