using System.Text.Json;
using Rescan.Functions.Api;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>
/// Reads a session's log item by item while it arrives, so that its size costs time and not memory. It keeps the first items, and of a
/// log that is longer the last one, with a line between them that says how many are missing.
/// </summary>
internal sealed class SessionLogReader : StreamedJson
{
    private const int ItemDepth = 2;

    private readonly List<SessionLogItem> kept = [];
    private SessionLogItem? last;
    private int characters;
    private int missing;
    private bool inLog;
    private string? time;
    private string? status;
    private string? message;

    /// <summary>The session that the log is of, where the answer says so.</summary>
    public string? SessionId { get; private set; }

    /// <summary>The log, once it has been read.</summary>
    public IReadOnlyList<SessionLogItem> Items => missing switch
    {
        0 => kept,
        1 => [.. kept, last!],
        _ =>
        [
            .. kept,
            SessionLogLimits.Gap(last!.Time, missing - 1),
            last,
        ],
    };

    protected override bool Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                Property = reader.CurrentDepth is 1 or (ItemDepth + 1) ? TextOf(ref reader, MaxWord) : null;
                break;
            case JsonTokenType.StartArray when reader.CurrentDepth == 1:
                inLog = Is("log");
                break;
            case JsonTokenType.EndArray when reader.CurrentDepth == 1:
                inLog = false;
                break;
            case JsonTokenType.StartObject when inLog && reader.CurrentDepth == ItemDepth:
                (time, status, message) = (null, null, null);
                break;
            case JsonTokenType.EndObject when inLog && reader.CurrentDepth == ItemDepth:
                Add(new SessionLogItem(
                    JsonReading.ParseTime(time), ApplianceJson.LogStatusOf(SessionVocabulary.LogStatus(status) ?? ""), message ?? ""));
                break;
            case JsonTokenType.String when reader.CurrentDepth == 1 && Is("sessionId"):
                SessionId = TextOf(ref reader, MaxWord);
                break;
            case JsonTokenType.String when inLog && reader.CurrentDepth == ItemDepth + 1:
                Set(ref reader);
                break;
        }

        return true;
    }

    private void Set(ref Utf8JsonReader reader)
    {
        if (Is("message"))
        {
            message = TextOf(ref reader, SessionLogLimits.Message);
        }
        else if (Is("status"))
        {
            status = TextOf(ref reader, MaxWord);
        }
        else if (Is("logTime"))
        {
            time = TextOf(ref reader, MaxWord);
        }
    }

    /// <summary>An item that says nothing is none.</summary>
    private void Add(SessionLogItem item)
    {
        if (item is { Time: null, Status: "", Message: "" })
        {
            return;
        }

        if (missing == 0 && kept.Count < SessionLogLimits.Items - 2
            && characters + item.Message.Length <= SessionLogLimits.Characters - SessionLogLimits.Reserve)
        {
            kept.Add(item);
            characters += item.Message.Length;
            return;
        }

        last = item;
        missing++;
    }
}
