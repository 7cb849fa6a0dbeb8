using Rescan.Functions.Appliances;

namespace Rescan.Local.Cli;

/// <summary>What is new between two reads of a session's log. One may change in place while it runs.</summary>
internal sealed class LogChanges
{
    private List<SessionLogItem> known = [];

    /// <summary>Whether an item is still being worked on.</summary>
    public static bool IsOpen(SessionLogItem item) => LogStatus.IsOpen(item.Status);

    /// <summary>Takes the log as it stands now.</summary>
    /// <returns>Items that appeared, and items whose message or status changed, in the log's order.</returns>
    public IReadOnlyList<SessionLogItem> Take(IReadOnlyList<SessionLogItem> log)
    {
        List<SessionLogItem> left = [.. known];
        List<SessionLogItem> changed = [.. log.Where(item => !left.Remove(item))];
        known = [.. log];
        return changed;
    }
}
