using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli;

/// <summary>The table of <c>rescan demo --fleet</c>, while it runs and at its end.</summary>
internal static class RunTable
{
    /// <param name="run">The run as far as it has come.</param>
    /// <param name="messages">What each rescan that runs said last, by its id.</param>
    public static Table Of(RunView run, IReadOnlyDictionary<string, string> messages)
    {
        Table table = new(
            Column.NameOf("appliance", 1), Column.NameOf("repository"), Column.Value("state"), Column.Number("seconds", 2),
            Column.Text("found, or why not"));
        foreach (RunItemView item in run.Items)
        {
            bool ended = item.State == RunItemState.Ended;
            table.Add(
                item.Appliance, item.Repository.Name,
                item switch
                {
                    { State: RunItemState.Ended, Outcome: { } outcome } => outcome,
                    { State: RunItemState.Ended } => Cell.Marked("none", good: false),
                    _ => Cell.Quiet(item.State.ToString()),
                },
                ended ? item.DurationSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "",
                ended ? Ended(item) : item.State == RunItemState.Running ? messages.GetValueOrDefault(item.Id, "starting") : "");
        }

        return table;
    }

    /// <summary>The rest stands in the run's JSON.</summary>
    public static string FirstSentence(string text) =>
        text.IndexOf(". ", StringComparison.Ordinal) is > 0 and int end ? text[..(end + 1)] : text;

    private static string Ended(RunItemView item) =>
        item.Outcome == Outcome.Succeeded || item.Reason is null ? item.Found ?? "" : FirstSentence(item.Reason);
}
