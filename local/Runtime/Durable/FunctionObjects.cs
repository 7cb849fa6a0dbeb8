using DurableTask.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Durable;

/// <summary>
/// Makes the app's orchestrators and activities for the dispatcher. A name has one function, whatever the version it is asked for in.
/// </summary>
internal sealed class FunctionObjects(IFunctionCatalog catalog, TaskHubVersion version, ILoggerFactory loggers, CancellationToken stopping)
    : INameVersionObjectManager<TaskOrchestration>, INameVersionObjectManager<TaskActivity>
{
    private readonly ILogger log = loggers.CreateLogger<DurableWorker>();
    private readonly DurableTaskShimFactory factory = new(
        new DurableTaskWorkerOptions
        {
            DataConverter = RawJsonConverter.Instance,
            Versioning = new() { Version = version.Version, DefaultVersion = version.Version },
        },
        loggers);

    TaskOrchestration INameVersionObjectManager<TaskOrchestration>.GetObject(string name, string? version) =>
        factory.CreateOrchestration(name, new FunctionOrchestrator(name, catalog, loggers));

    TaskActivity INameVersionObjectManager<TaskActivity>.GetObject(string name, string? version) =>
        factory.CreateActivity(name, new FunctionActivity(name, catalog, log, stopping));

    void INameVersionObjectManager<TaskOrchestration>.Add(ObjectCreator<TaskOrchestration> creator) => throw new NotSupportedException();

    void INameVersionObjectManager<TaskActivity>.Add(ObjectCreator<TaskActivity> creator) => throw new NotSupportedException();
}
