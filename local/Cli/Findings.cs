using System.Text.RegularExpressions;
using Rescan.Functions.Appliances;

namespace Rescan.Local.Cli;

/// <summary>
/// The lines of a session's log that say what came of it. Its wording is the appliance's own, so the choice is a broad one.
/// </summary>
internal static partial class Findings
{
    private const int Most = 6;

    /// <summary>Warnings, errors, and lines that speak of things found or imported; the last line where there are none.</summary>
    public static IReadOnlyList<SessionLogItem> Of(IReadOnlyList<SessionLogItem> log)
    {
        List<SessionLogItem> telling = [
            .. log.Where(i => i.Status is LogStatus.Warning or LogStatus.Error || Telling().IsMatch(i.Message))];
        return telling.Count > 0 ? [.. telling.TakeLast(Most)] : [.. log.TakeLast(1)];
    }

    [GeneratedRegex(@"\b(found|discovered|import(ed|ing)?|restore points?|backup chains?|added|removed|updated|new)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Telling();
}
