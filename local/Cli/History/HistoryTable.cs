using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary>The table of <c>rescan history</c>.</summary>
internal static class HistoryTable
{
    public static Table Of(IEnumerable<RescanOutcome> outcomes)
    {
        Table table = new(
            Column.Value("ended (UTC)"), Column.NameOf("repository"), Column.NameOf("appliance", 1), Column.Value("outcome"),
            Column.Value("took", 2), Column.Number("polls", 3),
            Column.NameOf("started by", 4), Column.Text("reason"));
        foreach (RescanOutcome outcome in outcomes)
        {
            table.Add(
                Cell.Time(outcome.FinishedAt), outcome.Repository.Name, outcome.Appliance, outcome.Outcome,
                Cell.Duration(TimeSpan.FromSeconds(outcome.DurationSeconds)),
                outcome.Polls, InitiatorText.Of(outcome.StartedBy), Why(outcome));
        }

        return table;
    }

    /// <summary>Why it ended so, and first who canceled it, where the reason does not say that.</summary>
    public static string? Why(RescanOutcome outcome)
    {
        string? who = outcome is { Outcome: Outcome.Canceled, CanceledBy: { Kind: not InitiatorKind.Run, Name: not null } by }
            ? InitiatorText.Of(by)
            : null;
        return who is null || outcome.Reason?.Contains(who, StringComparison.Ordinal) == true ? outcome.Reason
            : $"by {who}. {outcome.Reason}".TrimEnd();
    }
}
