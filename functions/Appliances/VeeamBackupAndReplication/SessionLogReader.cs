using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>
/// Reads a session's log record by record while it arrives. Records change in place, so the newest of an id counts; the server may list the
/// newest first. Of a log that is longer than what is kept the first records stay, and the last one, with a line between them.
/// </summary>
internal sealed class SessionLogReader : StreamedJson
{
    private const int RecordDepth = 2;

    private readonly Dictionary<Place, Record> kept = [];
    private readonly SortedSet<Place> order = [];
    private int characters;
    private int missing;
    private int turn;
    private bool inRecords;
    private Record current = new();

    /// <summary>The log, once it has been read, oldest first.</summary>
    public IReadOnlyList<SessionLogItem> Items
    {
        get
        {
            List<SessionLogItem> items = [.. order.Select(p => kept[p].ToItem())];
            if (missing > 0)
            {
                SessionLogItem last = items[^1];
                items[^1] = SessionLogLimits.Gap(last.Time, missing);
                items.Add(last);
            }

            return items;
        }
    }

    /// <inheritdoc/>
    protected override bool Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                Property = reader.CurrentDepth is 1 or (RecordDepth + 1) ? TextOf(ref reader, MaxWord) : null;
                break;
            case JsonTokenType.StartArray when reader.CurrentDepth == 1:
                inRecords = Is("records");
                break;
            case JsonTokenType.EndArray when reader.CurrentDepth == 1:
                inRecords = false;
                break;
            case JsonTokenType.StartObject when inRecords && reader.CurrentDepth == RecordDepth:
                current = new Record();
                break;
            case JsonTokenType.EndObject when inRecords && reader.CurrentDepth == RecordDepth:
                Add(current);
                break;
            case JsonTokenType.StartArray or JsonTokenType.StartObject when inRecords && reader.CurrentDepth == RecordDepth + 1
                && Is("additionalInfo"):
                return TakeInfo(ref reader);
            case JsonTokenType.String or JsonTokenType.Number when inRecords && reader.CurrentDepth == RecordDepth + 1:
                Set(ref reader);
                break;
        }

        return true;
    }

    /// <summary>A string up to 1.3-rev1, an array of pairs from 1.3-rev2 on.</summary>
    private bool TakeInfo(ref Utf8JsonReader reader)
    {
        if (!JsonDocument.TryParseValue(ref reader, out JsonDocument? info))
        {
            return false;
        }

        using (info)
        {
            current.Info = StorableText.Clean(TextOf(info.RootElement), SessionLogLimits.Message);
            return true;
        }
    }

    private void Set(ref Utf8JsonReader reader)
    {
        string text = reader.TokenType == JsonTokenType.Number ? NumberOf(ref reader) : TextOf(ref reader, SessionLogLimits.Message);
        switch (Property?.ToUpperInvariant())
        {
            case "ID":
                current.Id = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long id) ? id : null;
                break;
            case "STATUS":
                current.Status = StorableText.Clean(text, MaxWord);
                break;
            case "STARTTIME":
                current.Start = JsonReading.ParseTime(text);
                break;
            case "UPDATETIME":
                current.Update = JsonReading.ParseTime(text);
                break;
            case "TITLE":
                current.Title = text;
                break;
            case "DESCRIPTION":
                current.Description = text;
                break;
            case "ADDITIONALINFO":
                current.Info = text;
                break;
        }
    }

    /// <summary>A record that says nothing is none.</summary>
    private void Add(Record record)
    {
        if (record.IsEmpty)
        {
            return;
        }

        Place place = record.Id is { } id ? new Place(id, default, 0) : new Place(long.MaxValue, record.Start ?? default, turn++);
        if (kept.TryGetValue(place, out Record? older))
        {
            if (record.Update < older.Update)
            {
                return;
            }

            characters -= older.Length;
        }

        kept[place] = record;
        order.Add(place);
        characters += record.Length;
        while (order.Count > SessionLogLimits.Items - 1
            || (order.Count > 2 && characters > SessionLogLimits.Characters - SessionLogLimits.Reserve))
        {
            // What began and what came last say most.
            Place lastButOne = order.Reverse().Skip(1).First();
            characters -= kept[lastButOne].Length;
            kept.Remove(lastButOne);
            order.Remove(lastButOne);
            missing++;
        }
    }

    private static string NumberOf(ref Utf8JsonReader reader) =>
        reader.HasValueSequence ? Encoding.ASCII.GetString(reader.ValueSequence) : Encoding.ASCII.GetString(reader.ValueSpan);

    /// <summary>The names of a pair's two fields are not relied on.</summary>
    private static string TextOf(JsonElement info) => info.ValueKind switch
    {
        JsonValueKind.String => StorableText.Read(info)!,
        JsonValueKind.Array => string.Join(", ", info.EnumerateArray().Select(TextOf).Where(t => t.Length > 0)),
        JsonValueKind.Object => string.Join(" ", info.EnumerateObject().Select(p => TextOf(p.Value)).Where(t => t.Length > 0)),
        JsonValueKind.Number => info.GetRawText(),
        _ => "",
    };

    /// <summary>By id; by time and turn where a record has none.</summary>
    private readonly record struct Place(long Id, DateTimeOffset Start, int Turn) : IComparable<Place>
    {
        public int CompareTo(Place other) => (Id, Start, Turn).CompareTo((other.Id, other.Start, other.Turn));
    }

    private sealed class Record
    {
        public long? Id { get; set; }

        public string Status { get; set; } = "";

        public DateTimeOffset? Start { get; set; }

        public DateTimeOffset? Update { get; set; }

        public string? Title { get; set; }

        public string? Description { get; set; }

        public string? Info { get; set; }

        public bool IsEmpty => Id is null && Start is null && Update is null && Status.Length == 0 && Length == 0;

        public int Length => (Title?.Length ?? 0) + (Description?.Length ?? 0) + (Info?.Length ?? 0);

        public SessionLogItem ToItem()
        {
            string[] parts =
                [.. new[] { Title, Description, Info }.Where(t => !string.IsNullOrWhiteSpace(t)).Select(t => t!.Trim()).Distinct()];
            return new SessionLogItem(
                Start ?? Update,
                Status switch
                {
                    "Succeeded" => LogStatus.Success,
                    "Failed" => LogStatus.Error,
                    "None" or "" => LogStatus.Info,
                    _ => Status
                },
                StorableText.Clean(string.Join(": ", parts), SessionLogLimits.Message));
        }
    }
}
