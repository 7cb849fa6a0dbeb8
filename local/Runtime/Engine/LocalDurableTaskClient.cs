using System.Globalization;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Runtime.Engine;

/// <summary>The durable client of the engine in this process.</summary>
internal sealed class LocalDurableTaskClient(DurableEngine engine, SqliteStore store) : DurableTaskClient("local")
{
    private static readonly DataConverter Converter = JsonDataConverter.Default;

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        string id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        DateTime now = engine.UtcNow;
        InstanceRecord instance = new()
        {
            Id = id,
            Name = orchestratorName.Name,
            Input = Converter.Serialize(input),
            Status = OrchestrationRuntimeStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
        };
        if (!store.TryCreate(instance, out InstanceRecord? existing))
        {
            throw new OrchestrationAlreadyExistsException($"An orchestration instance with the id '{id}' already exists with status {existing!.Status}.");
        }

        engine.Wake(id);
        return Task.FromResult(id);
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        if (store.Send(instanceId, new HistoryEvent(EventKind.EventRaised, Name: eventName, Data: Converter.Serialize(eventPayload))))
        {
            engine.Wake(instanceId);
        }

        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, i => i.Status != OrchestrationRuntimeStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, i => i.IsTerminal, getInputsAndOutputs, cancellation);

    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (options?.Recursive == true)
        {
            foreach (InstanceRecord child in store.List().Where(i => i.Parent?.InstanceId == instanceId && !i.IsTerminal))
            {
                TerminateInstanceAsync(child.Id, options, cancellation);
            }
        }

        Change(instanceId, i => i.IsTerminal
            ? null
            : i with { Status = OrchestrationRuntimeStatus.Terminated, Output = Converter.Serialize(options?.Output), UpdatedAt = engine.UtcNow });
        return Task.CompletedTask;
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Change(instanceId, i => i.IsTerminal ? null : i with { Status = OrchestrationRuntimeStatus.Suspended });
        return Task.CompletedTask;
    }

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Change(instanceId, i => i.Status == OrchestrationRuntimeStatus.Suspended ? i with { Status = OrchestrationRuntimeStatus.Running } : null);
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata?> GetInstancesAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(store.Get(instanceId) is { } instance ? Describe(instance, getInputsAndOutputs) : null);

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        Pageable.Create((token, size, _) =>
        {
            int skip = int.Parse(token ?? filter?.ContinuationToken ?? "0", CultureInfo.InvariantCulture);
            int take = size ?? filter?.PageSize ?? OrchestrationQuery.DefaultPageSize;
            List<InstanceRecord> matching = store.List().FindAll(i => Matches(i, filter?.CreatedFrom, filter?.CreatedTo, filter?.Statuses)
                && (filter?.InstanceIdPrefix is not { } prefix || i.Id.StartsWith(prefix, StringComparison.Ordinal)));
            List<OrchestrationMetadata> values = matching.Skip(skip).Take(take).Select(i => Describe(i, filter?.FetchInputsAndOutputs ?? false)).ToList();
            string? next = skip + take < matching.Count ? (skip + take).ToString(CultureInfo.InvariantCulture) : null;
            return Task.FromResult(new Page<OrchestrationMetadata>(values, next));
        });

    public override Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        Task.FromResult(new PurgeResult(store.Purge(instanceId) ? 1 : 0));

    public override Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        Task.FromResult(new PurgeResult(store.List().Count(i => Matches(i, filter.CreatedFrom, filter.CreatedTo, filter.Statuses) && store.Purge(i.Id))));

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool Matches(InstanceRecord i, DateTimeOffset? from, DateTimeOffset? to, IEnumerable<OrchestrationRuntimeStatus>? statuses) =>
        (from is not { } f || i.CreatedAt >= f.UtcDateTime) && (to is not { } t || i.CreatedAt <= t.UtcDateTime) && (statuses?.Contains(i.Status) ?? true);

    private static OrchestrationMetadata Describe(InstanceRecord i, bool whole) => new(i.Name, i.Id)
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

    private void Change(string id, Func<InstanceRecord, InstanceRecord?> change)
    {
        if (store.SetStatus(id, change))
        {
            engine.Wake(id);
            if (store.Get(id)?.Parent is { } parent)
            {
                engine.Wake(parent.InstanceId);
            }
        }
    }

    private async Task<OrchestrationMetadata> WaitAsync(string id, Func<InstanceRecord, bool> done, bool whole, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed = engine.Changed();
            InstanceRecord instance = store.Get(id) ?? throw new InvalidOperationException($"No orchestration instance has the id '{id}'.");
            if (done(instance))
            {
                return Describe(instance, whole);
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }
}
