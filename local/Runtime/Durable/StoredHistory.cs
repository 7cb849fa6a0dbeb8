using DurableTask.Core.History;
using Newtonsoft.Json.Linq;

namespace Rescan.Local.Runtime.Durable;

/// <summary>Reads a history as storage providers give it out: a JSON array of events, each with the number of its kind.</summary>
internal static class StoredHistory
{
    public static List<HistoryEvent> Read(string? json) => string.IsNullOrEmpty(json) ? [] : [.. JArray.Parse(json).Select(Event)];

    private static HistoryEvent Event(JToken json)
    {
        // Newtonsoft: the engine's types are made for it.
        string kind = json.Value<int>(nameof(HistoryEvent.EventType)) is var number ? ((EventType)number).ToString() : "";
        Type type = typeof(HistoryEvent).Assembly.GetType(
            $"{typeof(HistoryEvent).Namespace}.{(kind.EndsWith("Event", StringComparison.Ordinal) ? kind : kind + "Event")}")
            ?? throw new InvalidDataException($"The history has an event of an unknown kind, {number}.");
        return (HistoryEvent)json.ToObject(type)!;
    }
}
