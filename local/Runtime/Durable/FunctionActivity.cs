using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Durable;

/// <summary>An activity function of the app, as the dispatcher calls it.</summary>
internal sealed class FunctionActivity(string name, IFunctionCatalog catalog, ILogger log, CancellationToken stopping) : ITaskActivity
{
    public Type InputType => typeof(RawJson);

    public Type OutputType => typeof(object);

    public async Task<object?> RunAsync(TaskActivityContext context, object? input)
    {
        if (!catalog.HasActivity(name))
        {
            throw new InvalidOperationException($"No activity function is named '{name}'.");
        }

        try
        {
            return await catalog.InvokeActivityAsync(name, context.InstanceId, ((RawJson)input!).Text, stopping);
        }
        catch (Exception e) when (stopping.IsCancellationRequested)
        {
            // Cut off by our own stop: no result of it may count, and the next start runs it again.
            throw new SessionAbortedException("The host stops.", e);
        }
        catch (Exception e)
        {
            log.LogWarning("Activity {Activity} of {InstanceId} failed: {Reason}", name, context.InstanceId, e.Message);
            throw;
        }
    }
}
