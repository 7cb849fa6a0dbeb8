using Microsoft.DurableTask;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Bench.Engine;

/// <summary>The app's own rescan orchestration on activities that answer at once, with sessions that never end.</summary>
internal sealed class StubRescans : IFunctionCatalog
{
    private static readonly double[] Past = [.. Enumerable.Range(0, 20).Select(i => 1200.5 + i)];
    private readonly FunctionCatalog app = new(typeof(RescanOrchestration).Assembly);

    /// <summary>The orchestration's name.</summary>
    public const string Orchestration = nameof(RescanOrchestration);

    /// <summary>A rescan that waits between polls as long as a repository allows; <paramref name="number"/> tells repositories apart.</summary>
    public static RescanRequest Request(int number) => new(
        "appliance-1", new RepositoryRef(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]).ToString(), $"production-eu-central-{number}"), TimeSpan.FromDays(1),
        new PollingOptions { Kappa = 3600 })
    {
        RequestId = new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 2]).ToString("N"),
    };

    public bool HasOrchestrator(string name) => app.HasOrchestrator(name);

    public bool HasActivity(string name) => app.HasActivity(name);

    public Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context) => app.InvokeOrchestratorAsync(name, context);

    public Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken) => Task.FromResult<object?>(name switch
    {
        nameof(SignIn) => new ActivityResult<SignInResult>(new SignInResult(DateTimeOffset.UtcNow.AddHours(1), "3.0.0.421", "1.0-rev0"), null, new() { Other = 1 }),
        nameof(StartRescan) => new ActivityResult<StartedRescan>(new StartedRescan(Guid.NewGuid().ToString(), null, Past), null, new() { Rescan = 1 }),
        nameof(PollSession) => new ActivityResult<SessionSnapshot>(
            new SessionSnapshot(SessionState.Running, "Running", null, null, DateTimeOffset.UtcNow, null, 5, "Importing 48 restore points (3 new)"), null, new() { Session = 1, Log = 1 }),
        _ => throw new NotSupportedException(name),
    });
}
