using System.Collections.Concurrent;
using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.DurableTask;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>The spans of the library, across turns and processes.</summary>
public sealed class TraceTests : InAFolder
{
    [Fact]
    public async Task An_execution_is_one_span_though_its_turns_are_in_two_processes()
    {
        ConcurrentBag<Activity> ended = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "DurableTask.Core" or nameof(TraceTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using ActivitySource source = new(nameof(TraceTests));
        ActivityTraceId trace;
        await using (Hub hub = await Waiting().StartAsync())
        {
            using Activity root = source.StartActivity("root")!;
            trace = root.TraceId;
            await hub.BeginAsync("Traced", "x", "t");
            await hub.UntilAsync("t", s => s.Status is not null);
        }

        await using Hub again = await Waiting().StartAsync();
        await again.RaiseAsync("t", "go", "!");
        await again.EndAsync("t");
        ExecutionStartedEvent start = (await again.Service.GetHistoryAsync("t"))!.OfType<ExecutionStartedEvent>().Single();
        Assert.NotNull(start.ParentTraceContext.SpanId);
        Activity[] executions =
            [.. ended.Where(a => a.TraceId == trace && a.OperationName == "orchestration:Traced" && a.Kind == ActivityKind.Server)];
        Assert.Equal(start.ParentTraceContext.SpanId, Assert.Single(executions.Select(e => e.SpanId.ToString()).Distinct()));
        Assert.All(ended.Where(a => a.OperationName == "activity:Echo"), a =>
            Assert.Equal(trace, a.TraceId));
    }

    private Hub Waiting() => new Hub(File)
        .Activity<string, string>("Echo", input => Task.FromResult(input))
        .Orchestrator<string, string>("Traced", async (context, input) =>
        {
            string first = (await context.CallActivityAsync<string>("Echo", input))!;
            context.SetCustomStatus("waits");
            return first + await context.WaitForExternalEvent<string>("go");
        });
}
