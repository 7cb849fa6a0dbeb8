using DurableTask.Core;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

internal static partial class EventCodec
{
    private static void WriteRareBody(PayloadWriter w, HistoryEvent e)
    {
        switch (e)
        {
            case ExecutionStartedEvent s:
                WriteStart(w, s, s.Input);
                break;
            case ContinueAsNewEvent c:
                w.Text(c.Result);
                break;
            case ExecutionCompletedEvent c:
                w.Text(c.Result);
                w.Byte((int)c.OrchestrationStatus);
                PartCodec.Write(w, c.FailureDetails);
                break;
            case ExecutionTerminatedEvent t:
                w.Text(t.Input);
                break;
            case ExecutionSuspendedEvent s:
                w.Text(s.Reason);
                break;
            case ExecutionResumedEvent s:
                w.Text(s.Reason);
                break;
            case ExecutionRewoundEvent x:
                w.Text(x.Reason);
                w.Text(x.ParentExecutionId);
                w.Text(x.InstanceId);
                PartCodec.Write(w, x.ParentTraceContext);
                break;
            case EventRaisedEvent x:
                w.Text(x.Name);
                w.Text(x.Input);
                PartCodec.Write(w, x.ParentTraceContext);
                break;
            case EventSentEvent x:
                w.Text(x.InstanceId);
                w.Text(x.Name);
                w.Text(x.Input);
                break;
            case GenericEvent x:
                w.Text(x.Data);
                break;
            default:
                throw new NotSupportedException($"The event {e.GetType().Name} cannot be stored.");
        }
    }

    /// <summary>Writes a start event whole, but for its input, which may be large and has a column of its own.</summary>
    public static void WriteStartWithoutInput(PayloadWriter w, ExecutionStartedEvent s)
    {
        WriteHead(w, s);
        WriteStart(w, s, null);
    }

    private static void WriteStart(PayloadWriter w, ExecutionStartedEvent s, string? input)
    {
        PartCodec.Write(w, s.OrchestrationInstance);
        PartCodec.Write(w, s.ParentInstance);
        w.Text(s.Name);
        w.Text(s.Version);
        w.Text(input);
        PartCodec.Write(w, s.Tags);
        w.Text(s.Correlation);
        PartCodec.Write(w, s.ParentTraceContext);
        w.Byte(s.ScheduledStartTime is null ? 0 : 1);
        w.Time(s.ScheduledStartTime ?? default);
        w.Number(s.Generation ?? -1);
        w.Byte(s.GenerateNewTrace ? 1 : 0);
    }

    private static HistoryEvent ReadRareBody(ref PayloadReader r, EventType type, int id)
    {
        switch (type)
        {
            case EventType.ExecutionStarted:
                return ReadStart(ref r, id);
            case EventType.ContinueAsNew:
                return new ContinueAsNewEvent(id, r.Text());
            case EventType.ExecutionCompleted:
                return new ExecutionCompletedEvent(id, r.Text(), (OrchestrationStatus)r.Byte(), PartCodec.ReadFailure(ref r));
            case EventType.ExecutionTerminated:
                return new ExecutionTerminatedEvent(id, r.Text());
            case EventType.ExecutionSuspended:
                return new ExecutionSuspendedEvent(id, r.Text());
            case EventType.ExecutionResumed:
                return new ExecutionResumedEvent(id, r.Text());
            case EventType.ExecutionRewound:
                return new ExecutionRewoundEvent(id, r.Text())
                {
                    ParentExecutionId = r.Text(),
                    InstanceId = r.Text(),
                    ParentTraceContext = PartCodec.ReadTrace(ref r),
                };
            case EventType.EventRaised:
                string? name = r.Text();
                return new EventRaisedEvent(id, r.Text()) { Name = name, ParentTraceContext = PartCodec.ReadTrace(ref r) };
            case EventType.EventSent:
                return new EventSentEvent(id) { InstanceId = r.Text(), Name = r.Text(), Input = r.Text() };
            case EventType.GenericEvent:
                return new GenericEvent(id, r.Text());
            default:
                throw new InvalidDataException($"a stored event has the unknown type {type}");
        }
    }

    private static ExecutionStartedEvent ReadStart(ref PayloadReader r, int id)
    {
        OrchestrationInstance? instance = PartCodec.ReadInstance(ref r);
        ParentInstance? parent = PartCodec.ReadParent(ref r);
        (string? name, string? version) = (r.Text(), r.Text());
        ExecutionStartedEvent start = new(id, r.Text())
        {
            OrchestrationInstance = instance,
            ParentInstance = parent,
            Name = name,
            Version = version,
            Tags = PartCodec.ReadTags(ref r),
            Correlation = r.Text(),
            ParentTraceContext = PartCodec.ReadTrace(ref r),
        };
        bool scheduled = r.Byte() != 0;
        DateTime at = r.Time();
        start.ScheduledStartTime = scheduled ? at : null;
        int generation = r.Int32();
        start.Generation = generation < 0 ? null : generation;
        start.GenerateNewTrace = r.Byte() != 0;
        return start;
    }
}
