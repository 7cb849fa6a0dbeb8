using System.Diagnostics;
using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Core.Query;
using DurableTask.Core.Tracing;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using CoreQuery = DurableTask.Core.Query.OrchestrationQuery;
using PurgeResult = Microsoft.DurableTask.Client.PurgeResult;
using Query = Microsoft.DurableTask.Client.OrchestrationQuery;

namespace Rescan.Local.Runtime.Durable;

/// <summary>The SDK's durable client over a storage provider of DurableTask.Core.</summary>
/// <param name="service">The provider; it must have the query and purge clients too.</param>
/// <param name="version">The version of new instances.</param>
/// <param name="time">The clock.</param>
internal sealed class ServiceDurableTaskClient(IOrchestrationServiceClient service, string version, TimeProvider time)
    : DurableTaskClient("local")
{
    /// <summary>The source of the spans that creating an instance makes; all others are the dispatcher's.</summary>
    public const string SourceName = "Rescan.Local.Runtime";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly RawJsonConverter Converter = RawJsonConverter.Instance;
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null,
        CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        string id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        await CreateAsync(orchestratorName.Name, id, Converter.Serialize(input), options, Statuses.Deduplicated(options?.DedupeStatuses));
        return id;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new EventRaisedEvent(-1, Converter.Serialize(eventPayload)) { Name = eventName }, cancellation);

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionSuspendedEvent(-1, reason), cancellation);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionResumedEvent(-1, reason), cancellation);

    public override async Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (options?.Recursive == true)
        {
            throw new NotSupportedException("Sub-orchestrations are terminated one by one: a storage provider keeps no list of them.");
        }

        await service.ForceTerminateTaskOrchestrationAsync(instanceId, Converter.Serialize(options?.Output));
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        for (TimeSpan pause = FirstLook; ; pause = pause * 2 < LongestLook ? pause * 2 : LongestLook)
        {
            OrchestrationMetadata instance = await GetInstancesAsync(instanceId, getInputsAndOutputs, cancellation)
                ?? throw Missing(instanceId);
            if (instance.RuntimeStatus != OrchestrationRuntimeStatus.Pending)
            {
                return instance;
            }

            await Task.Delay(pause, cancellation);
        }
    }

    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        if (await StateAsync(instanceId) is null)
        {
            throw Missing(instanceId);
        }

        OrchestrationState? state = await service.WaitForOrchestrationAsync(instanceId, null, Timeout.InfiniteTimeSpan, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return state is null ? throw Missing(instanceId) : Describe(state, getInputsAndOutputs);
    }

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return await StateAsync(instanceId) is { } state ? Describe(state, getInputsAndOutputs) : null;
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(Query? filter = null) =>
        Pageable.Create(async (token, size, cancellation) =>
    {
        bool whole = filter?.FetchInputsAndOutputs ?? false;
        OrchestrationQueryResult page = await ((IOrchestrationServiceQueryClient)service).GetOrchestrationWithQueryAsync(
            new CoreQuery
            {
                RuntimeStatus = filter?.Statuses?.Select(Statuses.ToCore).ToList(),
                CreatedTimeFrom = filter?.CreatedFrom?.UtcDateTime,
                CreatedTimeTo = filter?.CreatedTo?.UtcDateTime,
                InstanceIdPrefix = filter?.InstanceIdPrefix,
                PageSize = size ?? filter?.PageSize ?? Query.DefaultPageSize,
                ContinuationToken = token ?? filter?.ContinuationToken,
                FetchInputsAndOutputs = whole,
            },
            cancellation);
        return new Page<OrchestrationMetadata>([.. page.OrchestrationState.Select(s => Describe(s, whole))], page.ContinuationToken);
    });

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return await StateAsync(instanceId) is { } state && Statuses.IsTerminal(state.OrchestrationStatus)
            ? new PurgeResult((await ((IOrchestrationServicePurgeClient)service).PurgeInstanceStateAsync(instanceId)).DeletedInstanceCount)
            : new PurgeResult(0);
    }

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        OrchestrationStatus[] ended = [.. (filter.Statuses?.Select(Statuses.ToCore) ?? Statuses.Terminal).Where(Statuses.IsTerminal)];
        if (ended.Length == 0)
        {
            return new PurgeResult(0);
        }

        PurgeInstanceFilter wanted = new(filter.CreatedFrom?.UtcDateTime ?? DateTime.UnixEpoch, filter.CreatedTo?.UtcDateTime, ended);
        return new PurgeResult((await ((IOrchestrationServicePurgeClient)service).PurgeInstanceStateAsync(wanted)).DeletedInstanceCount);
    }

    public override async Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        OrchestrationState state = await StateAsync(instanceId)
            ?? throw new ArgumentException($"No orchestration instance has the id '{instanceId}'.", nameof(instanceId));
        string id = restartWithNewInstanceId ? Guid.NewGuid().ToString("N") : instanceId;
        await CreateAsync(state.Name, id, state.Input, null, Statuses.Running);
        return id;
    }

    public override async Task<IList<HistoryEvent>> GetOrchestrationHistoryAsync(
        string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        OrchestrationState state = await StateAsync(instanceId)
            ?? throw new ArgumentException($"No orchestration instance has the id '{instanceId}'.", nameof(instanceId));
        return StoredHistory.Read(await service.GetOrchestrationHistoryAsync(instanceId, state.OrchestrationInstance.ExecutionId));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException Missing(string id) => new($"No orchestration instance has the id '{id}'.");

    private static OrchestrationMetadata Describe(OrchestrationState state, bool whole) =>
        new(state.Name, state.OrchestrationInstance.InstanceId)
        {
            RuntimeStatus = Statuses.ToSdk(state.OrchestrationStatus),
            CreatedAt = DateTime.SpecifyKind(state.CreatedTime, DateTimeKind.Utc),
            LastUpdatedAt = DateTime.SpecifyKind(state.LastUpdatedTime, DateTimeKind.Utc),
            FailureDetails = state.FailureDetails is { } failure ? Describe(failure)
                : state.OrchestrationStatus == OrchestrationStatus.Failed ? Read(state.Output)
                : null,
            DataConverter = whole ? Converter : null,
            SerializedInput = whole ? state.Input : null,
            SerializedOutput = whole ? state.Output : null,
            SerializedCustomStatus = whole ? state.Status ?? "null" : null,
        };

    private static TaskFailureDetails Describe(FailureDetails failure) =>
        new(failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.InnerFailure is { } inner ? Describe(inner) : null,
            failure.Properties);

    /// <summary>Azure Storage keeps of a failure what its details say as a text, type and message.</summary>
    private static TaskFailureDetails Read(string? text)
    {
        int colon = text?.IndexOf(": ", StringComparison.Ordinal) ?? -1;
        return colon > 0 && !text.AsSpan(0, colon).Contains(' ')
            ? new TaskFailureDetails(text![..colon], text[(colon + 2)..], null, null, null)
            : new TaskFailureDetails("", text ?? "", null, null, null);
    }

    private async Task<OrchestrationState?> StateAsync(string id) =>
        (await service.GetOrchestrationStateAsync(id, allExecutions: false))?.FirstOrDefault(s => s is not null);

    private async Task SendAsync(string id, HistoryEvent message, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentException.ThrowIfNullOrEmpty(id);
        message.Timestamp = time.GetUtcNow().UtcDateTime;
        await service.SendTaskOrchestrationMessageAsync(
            new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = id }, Event = message });
    }

    private async Task CreateAsync(string name, string id, string? input, StartOrchestrationOptions? options, OrchestrationStatus[] taken)
    {
        OrchestrationInstance instance = new() { InstanceId = id, ExecutionId = Guid.NewGuid().ToString("N") };
        using Activity? span = Source.StartActivity("create_orchestration:" + name, ActivityKind.Producer);
        span?.SetTag("durabletask.type", "orchestration").SetTag("durabletask.task.name", name).SetTag("durabletask.task.instance_id", id);
        ExecutionStartedEvent start = new(-1, input)
        {
            Name = name,
            Version = options?.Version is { Version: { Length: > 0 } asked } ? asked : version,
            OrchestrationInstance = instance,
            ScheduledStartTime = options?.StartAt?.UtcDateTime,
            ParentTraceContext = Activity.Current is { Id: { } trace } current
                ? new DistributedTraceContext(trace, current.TraceStateString) : null,
            Tags = options?.Tags is { Count: > 0 } tags ? tags.ToDictionary() : null,
            Timestamp = time.GetUtcNow().UtcDateTime,
        };
        await service.CreateTaskOrchestrationAsync(new TaskMessage { OrchestrationInstance = instance, Event = start }, taken);
    }
}
