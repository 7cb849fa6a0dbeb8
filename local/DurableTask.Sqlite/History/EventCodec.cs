using DurableTask.Core;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

/// <summary>Events of a history as bytes: the type, the flags, the id, the time, and what the type adds.</summary>
internal static partial class EventCodec
{
    /// <summary>Stands for the start event, whose content the table <c>starts</c> has.</summary>
    private const int StartPlace = 0x7F;

    private const int Other = 0x7E;
    private const int Played = 1;

    /// <summary>Writes events one after another.</summary>
    public static void WriteHistory(PayloadWriter w, IList<HistoryEvent> events)
    {
        for (int i = 0; i < events.Count; i++)
        {
            if (events[i] is ExecutionStartedEvent)
            {
                w.Byte(StartPlace);
            }
            else
            {
                Write(w, events[i]);
            }
        }
    }

    /// <summary>Reads events one after another.</summary>
    /// <param name="bytes">What was stored.</param>
    /// <param name="start">The start event, put where its place was kept.</param>
    /// <param name="events">Where they go.</param>
    public static void ReadHistory(ReadOnlySpan<byte> bytes, ExecutionStartedEvent start, List<HistoryEvent> events)
    {
        PayloadReader r = new(bytes);
        while (!r.AtEnd)
        {
            int type = r.Byte();
            events.Add(type == StartPlace ? start : Read(ref r, type));
        }
    }

    /// <summary>Writes one event.</summary>
    public static void Write(PayloadWriter w, HistoryEvent e)
    {
        if (e is HistoryStateEvent || e.GetType().Assembly != typeof(HistoryEvent).Assembly)
        {
            w.Byte(Other);
            OtherEvents.Write(w, e);
            return;
        }

        WriteHead(w, e);
        WriteBody(w, e);
    }

    /// <summary>Reads one event.</summary>
    public static HistoryEvent Read(ref PayloadReader r) => Read(ref r, r.Byte());

    private static void WriteHead(PayloadWriter w, HistoryEvent e)
    {
        w.Byte((int)e.EventType);
        w.Byte(e.IsPlayed ? Played : 0);
        w.Number(e.EventId);
        w.Time(e.Timestamp);
    }

    private static HistoryEvent Read(ref PayloadReader r, int type)
    {
        if (type == Other)
        {
            return OtherEvents.Read(ref r);
        }

        int flags = r.Byte();
        int id = r.Int32();
        DateTime time = r.Time();
        HistoryEvent e = ReadBody(ref r, (EventType)type, id);
        e.Timestamp = time;
        e.IsPlayed = (flags & Played) != 0;
        return e;
    }

    private static void WriteBody(PayloadWriter w, HistoryEvent e)
    {
        switch (e)
        {
            case OrchestratorStartedEvent or OrchestratorCompletedEvent:
                break;
            case TaskScheduledEvent t:
                w.Text(t.Name);
                w.Text(t.Version);
                w.Text(t.Input);
                PartCodec.Write(w, t.ParentTraceContext);
                PartCodec.Write(w, t.Tags);
                break;
            case TaskCompletedEvent t:
                w.Number(t.TaskScheduledId);
                w.Text(t.Result);
                break;
            case TaskFailedEvent t:
                w.Number(t.TaskScheduledId);
                w.Text(t.Reason);
                w.Text(t.Details);
                PartCodec.Write(w, t.FailureDetails);
                break;
            case TimerCreatedEvent t:
                w.Time(t.FireAt);
                break;
            case TimerFiredEvent t:
                w.Number(t.TimerId);
                w.Time(t.FireAt);
                break;
            case SubOrchestrationInstanceCreatedEvent s:
                w.Text(s.Name);
                w.Text(s.Version);
                w.Text(s.InstanceId);
                w.Text(s.Input);
                w.Text(s.ClientSpanId);
                PartCodec.Write(w, s.Tags);
                break;
            case SubOrchestrationInstanceCompletedEvent s:
                w.Number(s.TaskScheduledId);
                w.Text(s.Result);
                break;
            case SubOrchestrationInstanceFailedEvent s:
                w.Number(s.TaskScheduledId);
                w.Text(s.Reason);
                w.Text(s.Details);
                PartCodec.Write(w, s.FailureDetails);
                break;
            default:
                WriteRareBody(w, e);
                break;
        }
    }

    private static HistoryEvent ReadBody(ref PayloadReader r, EventType type, int id) => type switch
    {
        EventType.OrchestratorStarted => new OrchestratorStartedEvent(id),
        EventType.OrchestratorCompleted => new OrchestratorCompletedEvent(id),
        EventType.TaskScheduled => new TaskScheduledEvent(id, r.Text()!, r.Text(), r.Text())
        {
            ParentTraceContext = PartCodec.ReadTrace(ref r),
            Tags = PartCodec.ReadTags(ref r),
        },
        EventType.TaskCompleted => new TaskCompletedEvent(id, r.Int32(), r.Text()),
        EventType.TaskFailed => new TaskFailedEvent(id, r.Int32(), r.Text(), r.Text(), PartCodec.ReadFailure(ref r)),
        EventType.TimerCreated => new TimerCreatedEvent(id, r.Time()),
        EventType.TimerFired => new TimerFiredEvent(id) { TimerId = r.Int32(), FireAt = r.Time() },
        EventType.SubOrchestrationInstanceCreated => new SubOrchestrationInstanceCreatedEvent(id)
        {
            Name = r.Text(),
            Version = r.Text(),
            InstanceId = r.Text(),
            Input = r.Text(),
            ClientSpanId = r.Text(),
            Tags = PartCodec.ReadTags(ref r),
        },
        EventType.SubOrchestrationInstanceCompleted => new SubOrchestrationInstanceCompletedEvent(id, r.Int32(), r.Text()),
        EventType.SubOrchestrationInstanceFailed =>
            new SubOrchestrationInstanceFailedEvent(id, r.Int32(), r.Text(), r.Text(), PartCodec.ReadFailure(ref r)),
        _ => ReadRareBody(ref r, type, id),
    };
}
