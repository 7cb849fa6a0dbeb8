using System.Diagnostics;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>Gives a page of instances and the token of the next one; null at the end.</summary>
internal delegate Task<(List<InstanceRecord> Page, string? Next)> InstanceLister(InstanceFilter filter, int size, string? token, CancellationToken cancellation);

/// <summary>The durable client of the engine in this process.</summary>
internal sealed class LocalDurableTaskClient(DurableEngine engine) : DurableTaskClient("local")
{
    private static readonly DataConverter Converter = JsonDataConverter.Default;

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        string id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        DateTime now = engine.UtcNow;
        using Activity? span = DurableTrace.Create(orchestratorName.Name, id);
        InstanceRecord instance = new()
        {
            Id = id,
            Name = orchestratorName.Name,
            Input = Converter.Serialize(input),
            Status = OrchestrationRuntimeStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
            TraceParent = Activity.Current?.Id,
            StartAt = options?.StartAt is { } at && at > now ? at.UtcDateTime : null,
        };
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        if (!await engine.TryStartAsync(instance, cancellation).ConfigureAwait(false))
        {
            throw new OrchestrationAlreadyExistsException($"An orchestration instance with the id '{id}' already exists and has not ended.");
        }

        return id;
    }

    public override async Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        HistoryEvent e = new(EventKind.EventRaised, Name: eventName, Data: Converter.Serialize(eventPayload));
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        await engine.RaiseAsync(instanceId, e, cancellation).ConfigureAwait(false);
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, i => i.Status != OrchestrationRuntimeStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, i => i.IsTerminal, getInputsAndOutputs, cancellation);

    public override async Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        string? output = Converter.Serialize(options?.Output);
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        if (options?.Recursive == true)
        {
            foreach (InstanceRecord child in engine.Live.Where(i => i.Parent?.InstanceId == instanceId).ToList())
            {
                await TerminateInstanceAsync(child.Id, options, cancellation).ConfigureAwait(false);
            }
        }

        await engine.ChangeAsync(
            instanceId, i => i.IsTerminal ? null : i with { Status = OrchestrationRuntimeStatus.Terminated, Output = output, UpdatedAt = engine.UtcNow }, cancellation)
            .ConfigureAwait(false);
    }

    public override async Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        await engine.ChangeAsync(
            instanceId, i => i.IsTerminal ? null : i with { Status = OrchestrationRuntimeStatus.Suspended, UpdatedAt = engine.UtcNow }, cancellation)
            .ConfigureAwait(false);
    }

    public override async Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        await engine.ChangeAsync(
            instanceId,
            i => i.Status == OrchestrationRuntimeStatus.Suspended ? i with { Status = OrchestrationRuntimeStatus.Running, UpdatedAt = engine.UtcNow } : null,
            cancellation).ConfigureAwait(false);
    }

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        return await engine.GetAsync(instanceId, cancellation).ConfigureAwait(false) is { } instance ? Describe(instance, getInputsAndOutputs) : null;
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) => List(engine.ListAsync, filter);

    internal static AsyncPageable<OrchestrationMetadata> List(InstanceLister list, OrchestrationQuery? filter)
    {
        InstanceFilter wanted = new(
            filter?.CreatedFrom?.UtcDateTime, filter?.CreatedTo?.UtcDateTime, filter?.Statuses?.ToHashSet(), filter?.InstanceIdPrefix);
        return Pageable.Create(async (token, size, cancellation) =>
        {
            (List<InstanceRecord> page, string? next) = await list(
                wanted, size ?? filter?.PageSize ?? OrchestrationQuery.DefaultPageSize, token ?? filter?.ContinuationToken, cancellation).ConfigureAwait(false);
            return new Page<OrchestrationMetadata>(page.ConvertAll(i => Describe(i, filter?.FetchInputsAndOutputs ?? false)), next);
        });
    }

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        return new PurgeResult(await engine.PurgeAsync(instanceId, cancellation).ConfigureAwait(false) ? 1 : 0);
    }

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        InstanceFilter wanted = new(filter.CreatedFrom?.UtcDateTime, filter.CreatedTo?.UtcDateTime, filter.Statuses?.ToHashSet());
        int purged = 0;
        string? token = null;
        do
        {
            (List<InstanceRecord> page, token) = await engine.ListAsync(wanted, OrchestrationQuery.DefaultPageSize, token, cancellation).ConfigureAwait(false);
            foreach (InstanceRecord instance in page.Where(i => i.IsTerminal))
            {
                purged += await engine.PurgeAsync(instance.Id, cancellation).ConfigureAwait(false) ? 1 : 0;
            }
        }
        while (token is not null);
        return new PurgeResult(purged);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static OrchestrationMetadata Describe(InstanceRecord i, bool whole) => new(i.Name, i.Id)
    {
        RuntimeStatus = i.Status,
        CreatedAt = i.CreatedAt,
        LastUpdatedAt = i.UpdatedAt,
        FailureDetails = i.Failure,
        DataConverter = whole ? Converter : null,
        SerializedInput = whole ? i.Input : null,
        SerializedOutput = whole ? i.Output : null,
        SerializedCustomStatus = whole ? i.CustomStatus ?? "null" : null,
    };

    private async Task<OrchestrationMetadata> WaitAsync(string id, Func<InstanceRecord, bool> done, bool whole, CancellationToken cancellation)
    {
        await engine.ReadyAsync(cancellation).ConfigureAwait(false);
        InstanceRecord instance = await engine.WaitForAsync(id, done, cancellation).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"No orchestration instance has the id '{id}'.");
        return Describe(instance, whole);
    }
}
