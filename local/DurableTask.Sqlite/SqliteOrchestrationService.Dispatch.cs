using DurableTask.Core;

namespace DurableTask.Sqlite;

public sealed partial class SqliteOrchestrationService
{
    private const int RetrySeconds = 1;

    /// <inheritdoc/>
    public bool IsMaxMessageCountExceeded(int currentMessageCount, OrchestrationRuntimeState runtimeState) => false;

    /// <summary>No delay for all that one work item is the reason of; it has a growing one of its own.</summary>
    public int GetDelayInSecondsAfterOnProcessException(Exception exception) => 0;

    /// <inheritdoc/>
    public int GetDelayInSecondsAfterOnFetchException(Exception exception) => exception is OperationCanceledException ? 0 : RetrySeconds;

    /// <inheritdoc/>
    public async Task<TaskOrchestrationWorkItem> LockNextTaskOrchestrationWorkItemAsync(
        TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        (await (await WorkingAsync(cancellationToken).ConfigureAwait(false) is { } working
            ? working.NextOrchestrationAsync(cancellationToken).ConfigureAwait(false) : default))!;

    /// <summary>Nothing to renew: no work item is lent for a time.</summary>
    public Task RenewTaskOrchestrationWorkItemLockAsync(TaskOrchestrationWorkItem workItem) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task CompleteTaskOrchestrationWorkItemAsync(
        TaskOrchestrationWorkItem workItem, OrchestrationRuntimeState newOrchestrationRuntimeState, IList<TaskMessage> outboundMessages,
        IList<TaskMessage> orchestratorMessages, IList<TaskMessage> timerMessages, TaskMessage continuedAsNewMessage,
        OrchestrationState orchestrationState) =>
        Hub.CompleteOrchestrationAsync(
            (SqliteWorkItem)workItem, newOrchestrationRuntimeState, outboundMessages, orchestratorMessages, timerMessages,
            orchestrationState);

    /// <summary>The work item is tried again when it is released, after a delay that grows with every failure.</summary>
    public Task AbandonTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task ReleaseTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        hub?.Release((SqliteWorkItem)workItem);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<TaskActivityWorkItem> LockNextTaskActivityWorkItem(TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        (await (await WorkingAsync(cancellationToken).ConfigureAwait(false) is { } working
            ? working.NextActivityAsync(cancellationToken).ConfigureAwait(false) : default))!;

    /// <summary>Nothing to renew: no work item is lent for a time.</summary>
    public Task<TaskActivityWorkItem> RenewTaskActivityWorkItemLockAsync(TaskActivityWorkItem workItem) => Task.FromResult(workItem);

    /// <inheritdoc/>
    public Task CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage)
    {
        Hub.CompleteActivity((SqliteActivityItem)workItem, responseMessage);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AbandonTaskActivityWorkItemAsync(TaskActivityWorkItem workItem)
    {
        hub?.AbandonActivity((SqliteActivityItem)workItem);
        return Task.CompletedTask;
    }

    /// <summary>The hub to work on; once it is lost, nothing until the fetch is canceled.</summary>
    private async ValueTask<TaskHub?> WorkingAsync(CancellationToken cancellationToken)
    {
        if (!lost.Task.IsCompleted)
        {
            return Hub;
        }

        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The dispatcher stops.
        }

        return null;
    }
}
