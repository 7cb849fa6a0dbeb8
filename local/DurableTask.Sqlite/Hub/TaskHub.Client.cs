using DurableTask.Core;
using DurableTask.Core.History;
using Microsoft.Extensions.Logging;

namespace DurableTask.Sqlite;

internal sealed partial class TaskHub
{
    /// <summary>Makes an instance. Completes once it is on the disk.</summary>
    public async Task CreateAsync(TaskMessage message, OrchestrationStatus[] dedupe)
    {
        ExecutionStartedEvent start = (ExecutionStartedEvent)message.Event;
        string id = message.OrchestrationInstance.InstanceId;
        start.OrchestrationInstance ??= message.OrchestrationInstance;
        start.OrchestrationInstance.ExecutionId ??= Guid.NewGuid().ToString("N");
        InstanceRow? existing = database.Read(db => HubReads.Find(db, id));
        if (existing is { } row && dedupe.Contains((OrchestrationStatus)row.Status))
        {
            throw CreateRecord.AlreadyExists(id, (OrchestrationStatus)row.Status);
        }

        long now = Now;
        long? startAt = start.ScheduledStartTime is { } time && AsUtc(time).Ticks > now ? AsUtc(time).Ticks : null;
        CreateRecord record = new(keys.NextInstance(), message, dedupe, AsUtc(start.Timestamp).Ticks, startAt, sql);
        bool takesPart = startAt is null && existing is null && instances.TryAdd(record);
        if (takesPart)
        {
            writer.AddPatient(record);
        }
        else
        {
            writer.Add(record);
        }

        try
        {
            await record.Durable.ConfigureAwait(false);
        }
        finally
        {
            if (takesPart && record.WasWritten && !record.Durable.IsCompletedSuccessfully)
            {
                WakeExisting(id);
            }
        }

        if (startAt is { } due)
        {
            timers.Arm(due);
        }
        else if (!takesPart)
        {
            WakeExisting(id);
        }
    }

    /// <summary>
    /// Sends an instance a message. Completes once it is on the disk; for an instance that is not there or has ended, at once.
    /// </summary>
    public async Task SendAsync(TaskMessage message)
    {
        string id = message.OrchestrationInstance.InstanceId;
        InstanceRow? found = database.Read(db => HubReads.Find(db, id));
        if (found is not { IsOpen: true } target)
        {
            log.LogInformation("Dropped {Event} for {Instance}, which is not there or has ended.", message.Event.EventType, id);
            return;
        }

        if (target.IsPending && message.Event is ExecutionTerminatedEvent end
            && await TerminatePendingAsync(id, target.Key, end).ConfigureAwait(false))
        {
            return;
        }

        TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        InboxMessage content = new(target.Key, keys.NextRow(), Now, message, 0, sql, durable);
        if (target.IsPending && target.StartAt > Now)
        {
            writer.Add(content);
            await durable.Task.ConfigureAwait(false);

            // It may have come due meanwhile, and gone without the message.
            if (target.StartAt <= Now)
            {
                instances.Wake(id, target.Key);
            }

            return;
        }

        Post(id, content);
        await durable.Task.ConfigureAwait(false);
    }

    /// <summary>Deletes an instance; on the writer's thread.</summary>
    public void Delete(long key) => sql.Delete(key);

    private static DateTime AsUtc(DateTime time) =>
        time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time.ToUniversalTime();

    /// <summary>Ends an instance that has not run yet, so that none of its code runs.</summary>
    /// <returns>False when it must be told as others are: it runs by now, or it has a parent that waits for it.</returns>
    private async Task<bool> TerminatePendingAsync(string id, long key, ExecutionTerminatedEvent end)
    {
        StoredInstance? stored = database.Read(db => HubReads.Load(db, id, key, Now, withDue: false));
        if (stored?.Start.ParentInstance is not null)
        {
            return false;
        }

        long now = Now;
        bool done = await database.WriteAsync(_ =>
        {
            if (sql.TerminatePending.Bind(1, key).Bind(2, now).Bind(3, end.Input).Run() == 0)
            {
                return false;
            }

            PayloadWriter payload = PayloadWriter.Rent();
            EventCodec.WriteHistory(payload, [stored!.Start, end]);
            sql.DeleteMessages.Bind(1, key).Run();
            sql.InsertHistory.Bind(1, key).Bind(2, 0).Bind(3, payload.Slice(..)).Run();
            payload.Return();
            return true;
        }).ConfigureAwait(false);
        instances.Forget(id);
        if (done && database.Read(db => InstanceReads.Get(db, id)) is { } state)
        {
            waiters.Complete(id, state);
        }

        return done;
    }

    /// <summary>Gives a message to its instance, and sees to it that the database has it soon.</summary>
    private void Post(string id, InboxMessage message)
    {
        if (!instances.Deliver(id, message))
        {
            message.WhenWritten = () => WakeExisting(id);
        }

        writer.AddPatient(message);
    }

    /// <summary>Wakes the instance that has an id, as the database has it, for what is due for it there.</summary>
    private void WakeExisting(string id)
    {
        if (Guarded(() => database.Read(db => HubReads.Find(db, id))) is { IsOpen: true } existing)
        {
            instances.WakeCurrent(id, existing.Key);
        }
    }
}
