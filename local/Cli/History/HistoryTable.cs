using Rescan.Functions.Appliances;
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
            Column.Text("reason"));
        foreach (RescanOutcome outcome in outcomes)
        {
            table.Add(
                Cell.Time(outcome.FinishedAt), outcome.Repository.Name, outcome.Appliance, outcome.Outcome,
                Cell.Duration(TimeSpan.FromSeconds(outcome.DurationSeconds)),
                outcome.Polls, outcome.Reason);
        }

        return table;
    }
}
