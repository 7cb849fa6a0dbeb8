using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary>The tables of <c>rescan status</c>.</summary>
internal static class StatusTables
{
    public static Table Running(IEnumerable<RescanView> running, DateTimeOffset now)
    {
        Table table = new(
            Column.NameOf("repository"), Column.NameOf("appliance", 2), Column.Value("phase"), Column.Value("since", 1),
            Column.Number("polls", 5), Column.NameOf("started by", 6),
            Column.Value("next poll", 3), Column.Id("id", 4), Column.Text("last message"));
        foreach (RescanView rescan in running)
        {
            TimeSpan until = (rescan.NextPollAt ?? now) - now;
            table.Add(
                rescan.Repository.Name, rescan.Appliance, rescan.Waits ? "Waits" : rescan.Phase?.ToString() ?? rescan.Status,
                Cell.Relative(DisplayFormat.Duration(Age(rescan.StartedAt, now)), rescan.StartedAt),
                rescan.Polls, InitiatorText.Of(rescan.StartedBy),
                rescan.Waits ? "" : Cell.Relative(until > TimeSpan.Zero ? "in " + DisplayFormat.Duration(until) : "now", rescan.NextPollAt),
                Cell.Id(rescan.Repository.Id, rescan.Id),
                rescan.Trouble ?? (rescan.ProgressPercent is { } percent ? $"{percent} % {rescan.LastMessage}" : rescan.LastMessage));
        }

        return table;
    }

    public static Table Last(IEnumerable<RescanOutcome> last, DateTimeOffset now)
    {
        Table table = new(
            Column.NameOf("repository"), Column.NameOf("appliance", 2), Column.Value("outcome"), Column.Value("ended", 1),
            Column.Value("took", 3), Column.NameOf("started by", 4), Column.Text("reason"));
        foreach (RescanOutcome outcome in last)
        {
            table.Add(
                outcome.Repository.Name, outcome.Appliance, outcome.Outcome,
                Cell.Relative(Ago(Age(outcome.FinishedAt, now)), outcome.FinishedAt),
                Cell.Duration(TimeSpan.FromSeconds(outcome.DurationSeconds)), InitiatorText.Of(outcome.StartedBy),
                HistoryTable.Why(outcome));
        }

        return table;
    }

    /// <summary>To one unit: whoever wants it exactly reads <c>rescan history</c>.</summary>
    private static string Ago(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => Whole(age.TotalSeconds, "s"),
        { TotalHours: < 1 } => Whole(age.TotalMinutes, "min"),
        { TotalDays: < 2 } => Whole(age.TotalHours, "h"),
        _ => Whole(age.TotalDays, "d"),
    };

    private static string Whole(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number):0} {unit} ago");

    private static TimeSpan Age(DateTimeOffset time, DateTimeOffset now) => now > time ? now - time : TimeSpan.Zero;
}
