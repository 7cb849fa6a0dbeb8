using System.Diagnostics;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>
/// Spans as Durable Functions' distributed tracing V2 names them. An instance keeps the context it was created in, so its activities
/// and sub-orchestrations belong to one trace through timers, restarts and ContinueAsNew. A replay makes no span: an orchestration's own
/// is written once, at its end.
/// </summary>
internal static class DurableTrace
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Rescan.Local.Runtime";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Around the creation of an instance; its id is what the instance keeps.</summary>
    public static Activity? Create(string name, string instanceId) =>
        Describe(Source.StartActivity("create_orchestration:" + name, ActivityKind.Producer), "orchestration", name, instanceId);

    /// <summary>Around one run of an activity. Whatever was current where the activity was asked for is not its parent.</summary>
    public static Activity? Run(string name, InstanceRecord instance, int taskId)
    {
        Activity.Current = null;
        ActivityContext.TryParse(instance.TraceParent, null, out ActivityContext parent);
        return Describe(Source.StartActivity("activity:" + name, ActivityKind.Server, parent), "activity", name, instance.Id)?.SetTag("durabletask.task.task_id", taskId);
    }

    /// <summary>Of an instance that has ended, from its creation to its end.</summary>
    public static void Ended(InstanceRecord instance)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        Activity? current = Activity.Current;
        Activity.Current = null;
        ActivityContext.TryParse(instance.TraceParent, null, out ActivityContext parent);
        using (Activity? span = Describe(Source.StartActivity("orchestration:" + instance.Name, ActivityKind.Server, parent, startTime: instance.CreatedAt), "orchestration", instance.Name, instance.Id))
        {
            span?.SetTag("durabletask.task.result", instance.Status.ToString());
            if (instance.Failure is { } failure)
            {
                span?.SetStatus(ActivityStatusCode.Error, failure.ErrorMessage);
            }

            span?.SetEndTime(instance.UpdatedAt);
        }

        Activity.Current = current;
    }

    private static Activity? Describe(Activity? span, string type, string name, string instanceId) =>
        span?.SetTag("durabletask.type", type).SetTag("durabletask.task.name", name).SetTag("durabletask.task.instance_id", instanceId);
}
