using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>A durable client that only looks, at a task hub that another process may own.</summary>
internal sealed class ReadingDurableTaskClient(StateStore store) : DurableTaskClient("reading")
{
    public override async Task<OrchestrationMetadata?> GetInstancesAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await store.GetAsync(instanceId, cancellation).ConfigureAwait(false) is { } instance ? LocalDurableTaskClient.Describe(instance, getInputsAndOutputs) : null;

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) => LocalDurableTaskClient.List(store.ListAsync, filter);

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default) => throw Refuse();

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) => throw Refuse();

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        throw Refuse();

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        throw Refuse();

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) => throw Refuse();

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) => throw Refuse();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NotSupportedException Refuse() => new("This client only reads.");
}
