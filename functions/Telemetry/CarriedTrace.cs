using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Rescan.Functions.Telemetry;

/// <summary>
/// The trace that an instance was started in, for hosts that make no spans of orchestrations and keep no trace themselves. It travels in
/// the instance's tags, which Durable Task keeps over ContinueAsNew and hands to sub-orchestrations, and in the inputs of its activities.
/// </summary>
/// <param name="Parent">The span that started the instance.</param>
/// <param name="StartedAt">When it did, UTC.</param>
internal sealed record CarriedTrace(string Parent, DateTimeOffset StartedAt)
{
    private const string ParentTag = "rescan.traceparent";
    private const string StartTag = "rescan.started";
    private const string Member = "traceParent";

    /// <summary>The parent as a context; default when it is none.</summary>
    public ActivityContext Context =>
        ActivityContext.TryParse(Parent, null, isRemote: true, out ActivityContext context) ? context : default;

    /// <summary>Tags for an instance that is started now.</summary>
    public static IReadOnlyDictionary<string, string> TagsOfCaller() => Activity.Current is { Recorded: true, Id: { } id }
        ? new Dictionary<string, string>
        {
            [ParentTag] = id,
            [StartTag] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture)
        }
        : [];

    /// <summary>Reads an instance's tags; null when they hold no trace.</summary>
    public static CarriedTrace? Read(IDictionary<string, string> tags) =>
        tags.TryGetValue(ParentTag, out string? parent) && tags.TryGetValue(StartTag, out string? start)
        && DateTimeOffset.TryParse(start, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset at)
            ? new CarriedTrace(parent, at)
            : null;

    /// <summary>Adds the trace to an activity's input.</summary>
    /// <param name="input">JSON as Durable Task passes it on: an array of one.</param>
    /// <returns>The same with one more member; unchanged when it is no object.</returns>
    public string AddTo(string input)
    {
        if (JsonNode.Parse(input) is not JsonArray { Count: 1 } array || array[0] is not JsonObject argument)
        {
            return input;
        }

        argument[Member] = Parent;
        return array.ToJsonString();
    }

    /// <summary>Reads an activity's input.</summary>
    /// <returns>The span that its instance was started in; default when the input holds none.</returns>
    public static ActivityContext ReadInput(IEnumerable<object?> bindingData)
    {
        foreach (string text in bindingData.OfType<string>())
        {
            // Other data of the trigger, such as the instance id, is plain text.
            if (text.StartsWith('{') && text.Contains(Member, StringComparison.Ordinal)
                && JsonNode.Parse(text)?[Member]?.GetValue<string>() is { } parent
                && ActivityContext.TryParse(parent, null, isRemote: true, out ActivityContext context))
            {
                return context;
            }
        }

        return default;
    }
}
