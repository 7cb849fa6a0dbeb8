using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

internal sealed partial class TaskHub
{
    // What waits less than this stays in memory.
    private static readonly long Soon = TimeSpan.TicksPerSecond;

    /// <summary>The next orchestration that has something to do; null when the fetch was canceled.</summary>
    public async Task<TaskOrchestrationWorkItem?> NextOrchestrationAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!instances.Ready.TryRead(out ActiveInstance? next))
            {
                if (!await CanReadAsync(instances.Ready, cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                continue;
            }

            await ProveAsync().ConfigureAwait(false);
            if (Guarded(() => Begin(next)) is { } item)
            {
                return item;
            }
        }
    }

    /// <summary>Commits a turn.</summary>
    public async Task CompleteOrchestrationAsync(
        SqliteWorkItem item, OrchestrationRuntimeState state, IList<TaskMessage> outbound, IList<TaskMessage> orchestrator,
        IList<TaskMessage> timerMessages,
        OrchestrationState? summary)
    {
        if (summary is null || !state.IsValid || state.ExecutionStartedEvent is null)
        {
            // The dispatcher could make nothing of the messages.
            await DiscardAsync(item.Messages, item.Creation).ConfigureAwait(false);
            item.IsComplete = true;
            return;
        }

        long now = Now;
        bool isNewExecution = !ReferenceEquals(state, item.OrchestrationRuntimeState);
        bool open = InstanceStatus.IsOpen(state.OrchestrationStatus);
        string execution = state.OrchestrationInstance!.ExecutionId;
        InstanceState row = new(
            execution, state.OrchestrationStatus, now, open ? null : now, item.Turns + 1, state.Status, state.Output, Failure(state));
        TurnWrite turn = new(item, state, isNewExecution, row, sql, now);
        foreach (TaskMessage message in outbound)
        {
            turn.AddTask(keys.NextRow(), message);
        }

        foreach (TaskMessage message in timerMessages)
        {
            // Those of an execution that continued as new within this turn would only fire to be dropped.
            if (open && message.OrchestrationInstance.ExecutionId == execution)
            {
                turn.AddTimer(keys.NextRow(), message);
            }
        }

        foreach (TaskMessage message in orchestrator)
        {
            turn.AddLetter(keys.NextRow(), message.Event is ExecutionStartedEvent ? keys.NextInstance() : 0, message);
        }

        writer.Add(turn);
        await turn.Done.ConfigureAwait(false);
        item.IsComplete = true;
        if (turn.IsStale)
        {
            item.IsStale = true;
            TellEnd(item.Active);
            log.LogWarning("A turn of {Instance} was dropped: the instance ended or was replaced meanwhile.", item.InstanceId);
            return;
        }

        bool backSoon = Send(item, turn, now);
        if (!open)
        {
            End(item.Active, state, now);
        }
        else if (backSoon)
        {
            item.Next = Keep(state, item, isNewExecution ? turn.HistoryBytes : item.Bytes + turn.HistoryBytes);
        }
    }

    /// <summary>The dispatcher is done with a work item, one way or the other.</summary>
    public void Release(SqliteWorkItem item)
    {
        ActiveInstance active = item.Active;
        if (item.IsComplete)
        {
            active.Failures = 0;
            instances.Release(active, item.Key, item.Next);
            if (item is { IsStale: true, Creation: not null })
            {
                WakeExisting(item.InstanceId);
            }

            return;
        }

        lock (active)
        {
            if (active.Key == item.Key)
            {
                active.Inbox.InsertRange(0, item.Messages);
                active.Creation = item.Creation;
                active.LoadDue |= item.Creation is null;
            }
        }

        active.Failures++;
        _ = AfterAsync(active.Failures, () => instances.Release(active, item.Key, null));
    }

    private static byte[]? Failure(OrchestrationRuntimeState state)
    {
        if (state.FailureDetails is not { } failure)
        {
            return null;
        }

        PayloadWriter payload = PayloadWriter.Rent();
        PartCodec.Write(payload, failure);
        byte[] bytes = payload.ToArray();
        payload.Return();
        return bytes;
    }

    private static KeptHistory Keep(OrchestrationRuntimeState state, SqliteWorkItem item, long bytes)
    {
        foreach (HistoryEvent e in state.NewEvents)
        {
            state.PastEvents.Add(e);
        }

        state.NewEvents.Clear();
        return new KeptHistory(state, item.Turns + 1, bytes);
    }

    /// <summary>Takes what there is to do for an instance; null when it is nothing after all.</summary>
    private SqliteWorkItem? Begin(ActiveInstance active)
    {
        List<InboxMessage> messages;
        long key;
        CreateRecord? creation;
        bool load;
        KeptHistory? kept;
        lock (active)
        {
            (key, creation, load, kept) = (active.Key, active.Creation, active.LoadDue, active.Kept);
            messages = active.Inbox;
            active.Inbox = [];
            active.Phase = ActivePhase.Running;
            (active.LoadDue, active.Creation, active.Kept) = (false, null, null);
        }

        OrchestrationRuntimeState? state = kept is null ? null : instances.Take(kept);
        int turns = kept?.Turns ?? 0;
        long bytes = kept?.Bytes ?? 0;
        TaskMessage? start = creation?.Message;
        if (creation is not null)
        {
            state = new OrchestrationRuntimeState();
        }
        else if (load || state is null)
        {
            StoredInstance? stored = database.Read(db => HubReads.Load(db, active.Id, key, Now, load));
            if (stored is null || !InstanceStatus.IsOpen(stored.Status))
            {
                TellEnd(active);
                Drop(active, key, messages, stored?.Status);
                return null;
            }

            if (stored.Turns == 0 && stored.StartAt > Now)
            {
                // What came early is in the database, and comes with the start.
                instances.Release(active, key, null);
                return null;
            }

            Merge(messages, stored.Due);
            (state, turns, bytes) = (state ?? new OrchestrationRuntimeState(stored.Events), stored.Turns, stored.Bytes);
            if (stored.Turns == 0)
            {
                start = new TaskMessage { OrchestrationInstance = stored.Start.OrchestrationInstance, Event = stored.Start };
            }
        }

        List<TaskMessage> content =
            Current(messages, state.OrchestrationInstance?.ExecutionId ?? start?.OrchestrationInstance.ExecutionId, start);
        if (content.Count == 0)
        {
            Drop(active, key, messages, null);
            return null;
        }

        lock (active)
        {
            active.IsKnownOpen = active.Key == key;
        }

        return new SqliteWorkItem
        {
            InstanceId = active.Id, LockedUntilUtc = DateTime.MaxValue, NewMessages = content, OrchestrationRuntimeState = state,
            Active = active, Key = key, Messages = messages, Creation = creation, Turns = turns, Bytes = bytes,
        };
    }

    private static void Merge(List<InboxMessage> messages, List<InboxMessage> due)
    {
        if (due.Count > 0)
        {
            HashSet<long> have = [.. messages.Select(m => m.Key)];
            messages.AddRange(due.Where(m => !have.Contains(m.Key)));
            messages.Sort((a, b) => a.Visible != b.Visible ? a.Visible.CompareTo(b.Visible) : a.Key.CompareTo(b.Key));
        }
    }

    /// <summary>The messages for the execution that runs, the start first; those for an earlier one are consumed without effect.</summary>
    private static List<TaskMessage> Current(List<InboxMessage> messages, string? execution, TaskMessage? start)
    {
        List<TaskMessage> current = new(messages.Count + 1);
        if (start is not null)
        {
            current.Add(start);
        }

        foreach (InboxMessage message in messages)
        {
            if (message.Message is { } content
                && (string.IsNullOrEmpty(content.OrchestrationInstance.ExecutionId)
                    || content.OrchestrationInstance.ExecutionId == execution))
            {
                current.Add(content);
            }
        }

        return current;
    }

    private void Drop(ActiveInstance active, long key, List<InboxMessage> messages, OrchestrationStatus? status)
    {
        if (messages.Count > 0)
        {
            string what = status?.ToString() ?? "gone or a later execution";
            log.LogInformation("Dropped {Count} messages for {Instance}, which is {Status}.", messages.Count, active.Id, what);
            writer.Add(new DiscardWrite(messages, null, sql));
        }

        instances.Release(active, key, null);
    }

    private Task DiscardAsync(List<InboxMessage> messages, CreateRecord? creation)
    {
        DiscardWrite write = new(messages, creation, sql);
        writer.Add(write);
        return write.Done;
    }

    /// <summary>Hands out what a turn made, now that it is on the disk.</summary>
    /// <returns>Whether the instance will be back soon.</returns>
    private bool Send(SqliteWorkItem item, TurnWrite turn, long now)
    {
        bool soon = turn.Tasks.Count > 0;
        foreach ((long key, _, TaskMessage message) in turn.Tasks)
        {
            Schedule(new ActivityToRun(item.InstanceId, item.Key, key, message));
        }

        foreach ((long key, long visible, bool waits, _, TaskMessage message) in turn.Timers)
        {
            soon |= visible - now < Soon;
            if (waits)
            {
                timers.Arm(visible);
            }
            else if (!instances.Deliver(item.InstanceId, new InboxMessage(item.Key, key, visible, message)))
            {
                WakeExisting(item.InstanceId);
            }
        }

        foreach (Letter letter in turn.Letters)
        {
            if (letter.Target == 0)
            {
                log.LogInformation("Dropped a message for {Instance}, which is not there or has ended.",
                    letter.Message.OrchestrationInstance.InstanceId);
            }
            else if (letter.Wakes)
            {
                soon |= letter.Target == item.Key;
                Forward(letter, now);
            }
        }

        return soon;
    }

    private void Forward(Letter letter, long now)
    {
        string id = letter.Message.OrchestrationInstance.InstanceId;
        bool arrived = letter.Message.Event is ExecutionStartedEvent
            ? instances.Wake(id, letter.Target)
            : instances.Deliver(id, new InboxMessage(letter.Target, letter.Key, now, letter.Message));
        if (!arrived)
        {
            WakeExisting(id);
        }
    }

    /// <summary>Whether the end of an instance will be told, so that one who waits for it need not look.</summary>
    public bool WillTellEnd(string id) => instances.IsKnownOpen(id);

    /// <summary>Tells those who wait for an instance that something else than its own turn has ended.</summary>
    private void TellEnd(ActiveInstance active)
    {
        Forget(active);
        if (waiters.Any(active.Id) && database.Read(db => InstanceReads.Get(db, active.Id)) is { } state
            && !InstanceStatus.IsOpen(state.OrchestrationStatus))
        {
            waiters.Complete(active.Id, state);
        }
    }

    private static void Forget(ActiveInstance active)
    {
        lock (active)
        {
            active.IsKnownOpen = false;
        }
    }

    private void End(ActiveInstance active, OrchestrationRuntimeState state, long now)
    {
        // First, so that whoever begins to wait from now on looks into the database.
        Forget(active);
        if (waiters.Any(active.Id))
        {
            waiters.Complete(active.Id, new OrchestrationState
            {
                OrchestrationInstance = state.OrchestrationInstance,
                ParentInstance = state.ParentInstance,
                Name = state.Name,
                Version = state.Version,
                Status = state.Status,
                Tags = state.Tags,
                OrchestrationStatus = state.OrchestrationStatus,
                CreatedTime = state.CreatedTime,
                CompletedTime = new DateTime(now, DateTimeKind.Utc),
                LastUpdatedTime = new DateTime(now, DateTimeKind.Utc),
                Input = state.Input,
                Output = state.Output,
                ScheduledStartTime = state.ExecutionStartedEvent!.ScheduledStartTime,
                FailureDetails = state.FailureDetails,
            });
        }
    }
}
