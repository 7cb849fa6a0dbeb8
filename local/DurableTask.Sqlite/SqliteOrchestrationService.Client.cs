using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Core.Query;
using Newtonsoft.Json;

namespace DurableTask.Sqlite;

public sealed partial class SqliteOrchestrationService
{
    /// <summary>Starts an instance unless its id belongs to one that has not ended.</summary>
    /// <exception cref="OrchestrationAlreadyExistsException">It does.</exception>
    public Task CreateTaskOrchestrationAsync(TaskMessage creationMessage) => CreateTaskOrchestrationAsync(creationMessage, null!);

    /// <summary>Starts an instance. One that had its id before is deleted with its history, whatever it does.</summary>
    /// <param name="creationMessage">An <see cref="ExecutionStartedEvent"/>.</param>
    /// <param name="dedupeStatuses">Statuses of an earlier instance that keep the id from being used again; null for all that have not
    /// ended.</param>
    /// <returns>Completes once it is on the disk.</returns>
    /// <exception cref="OrchestrationAlreadyExistsException">One of these has the id.</exception>
    public Task CreateTaskOrchestrationAsync(TaskMessage creationMessage, OrchestrationStatus[] dedupeStatuses)
    {
        Require(creationMessage);
        return creationMessage.Event is ExecutionStartedEvent
            ? Hub.CreateAsync(creationMessage, dedupeStatuses ?? InstanceStatus.Live)
            : throw new ArgumentException("An instance is made by an ExecutionStarted event.", nameof(creationMessage));
    }

    /// <summary>Sends an instance an event. One that is not there, or has ended, gets nothing.</summary>
    /// <returns>Completes once it is on the disk.</returns>
    public Task SendTaskOrchestrationMessageAsync(TaskMessage message)
    {
        Require(message);
        return message.Event is ExecutionStartedEvent ? CreateTaskOrchestrationAsync(message) : Hub.SendAsync(message);
    }

    /// <inheritdoc cref="SendTaskOrchestrationMessageAsync"/>
    public async Task SendTaskOrchestrationMessageBatchAsync(params TaskMessage[] messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<Task> sends = [];
        foreach (TaskMessage message in messages)
        {
            sends.Add(SendTaskOrchestrationMessageAsync(message));
        }

        await Task.WhenAll(sends).ConfigureAwait(false);
    }

    /// <summary>Waits for the end of an instance, across executions that continue as new.</summary>
    /// <param name="instanceId">The instance; it need not be there yet.</param>
    /// <param name="executionId">Not looked at.</param>
    /// <param name="timeout">How long to wait, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its state; null after the timeout.</returns>
    public async Task<OrchestrationState> WaitForOrchestrationAsync(
        string instanceId, string executionId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        TaskCompletionSource<OrchestrationState> source = waiters.Add(instanceId);
        try
        {
            if (hub?.WillTellEnd(instanceId) is not true
                && Database.Read(db => InstanceReads.Get(db, instanceId)) is { } state && !InstanceStatus.IsOpen(state.OrchestrationStatus))
            {
                return state;
            }

            if (lost.Task.IsCompletedSuccessfully)
            {
                throw await lost.Task.ConfigureAwait(false);
            }

            return await source.Task.WaitAsync(
                timeout > TimeSpan.FromMilliseconds(int.MaxValue) ? Timeout.InfiniteTimeSpan : timeout, cancellationToken)
                    .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null!;
        }
        finally
        {
            waiters.Remove(instanceId, source);
        }
    }

    /// <summary>Ends an instance. One that has not begun never will; one that runs ends with its next turn.</summary>
    public Task ForceTerminateTaskOrchestrationAsync(string instanceId, string reason) => SendTaskOrchestrationMessageAsync(new TaskMessage
    {
        OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId },
        Event = new ExecutionTerminatedEvent(-1, reason),
    });

    /// <inheritdoc/>
    /// <remarks>One execution an instance is kept, the latest.</remarks>
    public async Task<IList<OrchestrationState>> GetOrchestrationStateAsync(string instanceId, bool allExecutions) =>
        await GetOrchestrationStateAsync(instanceId, null!).ConfigureAwait(false) is { } state ? [state] : [];

    /// <inheritdoc/>
    public Task<OrchestrationState> GetOrchestrationStateAsync(string instanceId, string executionId) => Task.FromResult(
        Database.Read(db => InstanceReads.Get(db, instanceId)) is { } state
            && (string.IsNullOrEmpty(executionId) || state.OrchestrationInstance.ExecutionId == executionId) ? state : null!);

    /// <summary>The history of the latest execution as a JSON array; null when there is no such instance.</summary>
    public async Task<string> GetOrchestrationHistoryAsync(string instanceId, string executionId) =>
        await GetHistoryAsync(instanceId).ConfigureAwait(false) is { } events ? JsonConvert.SerializeObject(events) : null!;

    /// <summary>The history of the latest execution; null when there is no such instance.</summary>
    /// <exception cref="SqliteStorageException">The file cannot be read.</exception>
    public Task<IReadOnlyList<HistoryEvent>?> GetHistoryAsync(string instanceId) =>
        Task.FromResult<IReadOnlyList<HistoryEvent>?>(Database.Read(db => InstanceReads.GetHistory(db, instanceId)));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The continuation token is invalid.</exception>
    public Task<OrchestrationQueryResult> GetOrchestrationWithQueryAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Database.Read(db => InstanceReads.Query(db, query)));
    }

    /// <summary>Deletes instances that ended before a time.</summary>
    public Task PurgeOrchestrationHistoryAsync(DateTime thresholdDateTimeUtc, OrchestrationStateTimeRangeFilterType timeRangeFilterType) =>
        Purge.BeforeAsync(Database, Hub.Delete, thresholdDateTimeUtc, timeRangeFilterType);

    /// <summary>Deletes an instance that has ended, with its history.</summary>
    public Task<PurgeResult> PurgeInstanceStateAsync(string instanceId) => Purge.OneAsync(Database, Hub.Delete, instanceId);

    /// <summary>Deletes instances that have ended, with their histories.</summary>
    public Task<PurgeResult> PurgeInstanceStateAsync(PurgeInstanceFilter purgeInstanceFilter)
    {
        ArgumentNullException.ThrowIfNull(purgeInstanceFilter);
        return Purge.ManyAsync(Database, Hub.Delete, purgeInstanceFilter);
    }

    private static void Require(TaskMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (string.IsNullOrWhiteSpace(message.OrchestrationInstance?.InstanceId))
        {
            throw new ArgumentException("The message names no instance.", nameof(message));
        }
    }
}
