using System.Diagnostics;
using Google.Protobuf;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask.Protobuf;

namespace Rescan.Functions.Telemetry;

/// <summary>
/// Makes one trace of an instance on a host that makes none. Without Application Insights, older Functions hosts (4.1037 among them) do not
/// listen to Durable Task's spans, so the trace ends where an instance is started. On hosts that do, the trace comes with each invocation,
/// and nothing is added.
/// </summary>
internal sealed class OrchestrationTraceMiddleware : IFunctionsWorkerMiddleware
{
    private static readonly ActivitySource Source = new(TelemetryNames.Source);

    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        foreach (BindingMetadata binding in context.FunctionDefinition.InputBindings.Values)
        {
            if (string.Equals(binding.Type, "orchestrationTrigger", StringComparison.OrdinalIgnoreCase))
            {
                return RunTurnAsync(context, binding, next);
            }

            if (string.Equals(binding.Type, "activityTrigger", StringComparison.OrdinalIgnoreCase))
            {
                return RunActivityAsync(context, next);
            }
        }

        return next(context);
    }

    private static async Task RunTurnAsync(FunctionContext context, BindingMetadata trigger, FunctionExecutionDelegate next)
    {
        ExecutionStartedEvent? started = (await context.BindInputAsync<object>(trigger)).Value is string turn ? Started(turn) : null;
        CarriedTrace? trace = started is { ParentTraceContext: null } ? CarriedTrace.Read(started.Tags) : null;
        if (trace is null)
        {
            await next(context);
            return;
        }

        // Most of a turn is a replay of what has its spans already.
        Forget(Activity.Current);
        await next(context);
        InvocationResult result = context.GetInvocationResult();
        if (result.Value is string answer)
        {
            result.Value = Carry(answer, trace, context.FunctionDefinition.Name);
        }
    }

    private static async Task RunActivityAsync(FunctionContext context, FunctionExecutionDelegate next)
    {
        ActivityContext parent = ActivityContext.TryParse(context.TraceContext.TraceParent, null, out _)
            ? default
            : CarriedTrace.ReadInput(context.BindingContext.BindingData.Values);
        if (parent == default)
        {
            await next(context);
            return;
        }

        // The worker has begun a span that has no parent; ours takes its place.
        Activity? root = Activity.Current;
        Forget(root);
        string? instance = context.BindingContext.BindingData.TryGetValue("instanceId", out object? id) ? id as string : null;
        using (Activity? span = Describe(
            Source.StartActivity("activity:" + context.FunctionDefinition.Name, ActivityKind.Server, parent), "activity",
            context.FunctionDefinition.Name, instance))
        {
            try
            {
                await next(context);
            }
            catch (Exception e)
            {
                span?.SetTag(TelemetryNames.Error, e.GetType().FullName).SetStatus(ActivityStatusCode.Error);
                throw;
            }
        }

        Activity.Current = root;
    }

    private static ExecutionStartedEvent? Started(string turn)
    {
        OrchestratorRequest request = OrchestratorRequest.Parser.ParseFrom(Convert.FromBase64String(turn));
        return request.PastEvents.Concat(request.NewEvents).FirstOrDefault(e => e.ExecutionStarted is not null)?.ExecutionStarted;
    }

    /// <summary>Hands the trace on to the activities that a turn asks for, and writes the orchestration's own span when it ends.</summary>
    private static string Carry(string answer, CarriedTrace trace, string name)
    {
        OrchestratorResponse response = OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer));
        foreach (OrchestratorAction action in response.Actions)
        {
            if (action.ScheduleTask is { Input: { } input } task)
            {
                task.Input = trace.AddTo(input);
            }
            else if (action.CompleteOrchestration is { OrchestrationStatus: not OrchestrationStatus.ContinuedAsNew and var status })
            {
                using Activity? span = Describe(
                    Source.StartActivity("orchestration:" + name, ActivityKind.Server, trace.Context, startTime: trace.StartedAt),
                    "orchestration", name, response.InstanceId);
                span?.SetTag("durabletask.task.result", status.ToString())
                    .SetStatus(status == OrchestrationStatus.Failed ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
            }
        }

        return response.ToByteString().ToBase64();
    }

    private static Activity? Describe(Activity? span, string type, string name, string? instance) =>
        span?.SetTag("durabletask.type", type).SetTag("durabletask.task.name", name).SetTag("durabletask.task.instance_id", instance);

    /// <summary>Keeps a span from being sent.</summary>
    private static void Forget(Activity? span)
    {
        if (span is not null)
        {
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            span.IsAllDataRequested = false;
        }
    }
}
