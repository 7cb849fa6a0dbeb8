using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>What the local function host runs, and where.</summary>
public sealed class LocalHostOptions
{
    /// <summary>The task hub's file.</summary>
    public required string StateFile { get; init; }

    /// <summary>The assembly with the app's functions.</summary>
    public required Assembly FunctionsAssembly { get; init; }

    /// <summary>The app's settings.</summary>
    public required IConfiguration Configuration { get; init; }

    /// <summary>Registers the app's services.</summary>
    public required Action<IServiceCollection> ConfigureServices { get; init; }

    /// <summary>Address to listen on; port 0 takes any free one.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    /// <summary>The function key that callers must show; none is asked for when null, which only loopback allows.</summary>
    public string? Key { get; init; }

    /// <summary>Whether timer functions run.</summary>
    public bool Timers { get; init; } = true;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where logs go; nowhere when null.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}
