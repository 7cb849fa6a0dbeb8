using Rescan.Functions.Appliances;

namespace Rescan.Functions.Storage;

/// <summary>Sees to it that an outcome fits into a row, whatever its log holds: escapes make it longer than its texts are.</summary>
internal static class OutcomeSize
{
    public static string Write(RecordedOutcome recorded)
    {
        string json = StoredJson.Write(recorded);
        IReadOnlyList<SessionLogItem> log = recorded.Outcome.Log;
        for (int kept = log.Count / 2; json.Length > TableLimits.ValueCharacters && log.Count > 0; kept /= 2)
        {
            SessionLogItem note = SessionLogLimits.Rest(log[kept].Time, log.Count - kept);
            json = StoredJson.Write(
                recorded with { Outcome = recorded.Outcome with { Log = kept == 0 ? [note] : [.. log.Take(kept), note] } });
            if (kept == 0)
            {
                break;
            }
        }

        return json;
    }
}
