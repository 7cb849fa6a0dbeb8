using DurableTask.Core.History;
using Newtonsoft.Json;

namespace DurableTask.Sqlite;

/// <summary>
/// Events that the codec does not know, as JSON under the name of their type. Only event types of Durable Task are read back.
/// </summary>
internal static class OtherEvents
{
    public static void Write(PayloadWriter w, HistoryEvent e)
    {
        w.Text(e.GetType().Name);
        w.Text(JsonConvert.SerializeObject(e));
    }

    public static HistoryEvent Read(ref PayloadReader r)
    {
        string? name = r.Text();
        string json = r.Text()!;
        foreach (Type type in HistoryEvent.KnownTypes())
        {
            if (type.Name == name)
            {
                return (HistoryEvent)FromJson(json, type);
            }
        }

        throw new InvalidDataException($"a stored event has the unknown type {name}");
    }

    /// <summary>Reads what this library wrote as JSON.</summary>
    public static object FromJson(string json, Type type)
    {
        try
        {
            return JsonConvert.DeserializeObject(json, type) ?? throw PayloadReader.Damaged();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("a stored event cannot be read", e);
        }
    }
}
