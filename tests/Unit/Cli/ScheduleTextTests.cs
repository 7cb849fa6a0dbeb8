using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Tests.Unit.Cli;

/// <summary>The schedules as terminals of 60, 80 and 120 columns show them.</summary>
public sealed class ScheduleTextTests
{
    private static readonly ScheduleView Nightly = new(
        "nightly", "30 1 * * *", "Europe/Berlin", TableSamples.Now.AddHours(22), TableSamples.Now.AddHours(-2), null)
    {
        Last = Run(RunStatus.Completed, new() { ["Succeeded"] = 12, ["Failed"] = 1 }, null),
    };

    private static readonly ScheduleView Weekly = new(
        "weekly", "0 4 * * 0", "UTC", TableSamples.Now.AddDays(7), TableSamples.Now.AddDays(-1), TableSamples.Now.AddDays(-1))
    {
        Paused = new PauseView(TableSamples.Now.AddHours(6), "upgrade of the appliance in Frankfurt " + TableSamples.Hostile),
        Last = Run(RunStatus.Skipped, [], "Skipped: the scheduled run before it, run-scheduled-weekly-20260301t040000z, still went on."),
        LastStarted = Run(
            RunStatus.TimedOut, new() { ["Succeeded"] = 3 },
            "Late by 3 h 30 min; it was due at 2026-03-01 04:00 UTC, when the app was down. 2 earlier runs were missed too and are not "
                + "caught up."),
    };

    [Fact]
    public void One() => AssertShown(
        [Nightly],
        """
        next run: 2026-03-09 01:30 Europe/Berlin, in 22 h
                  0 min
        last run: 2026-03-08 01:30 Europe/Berlin,
                  completed (12 Succeeded, 1 Failed)
        """,
        """
        next run: 2026-03-09 01:30 Europe/Berlin, in 22 h 0 min
        last run: 2026-03-08 01:30 Europe/Berlin, completed (12 Succeeded, 1
                  Failed)
        """,
        """
        next run: 2026-03-09 01:30 Europe/Berlin, in 22 h 0 min
        last run: 2026-03-08 01:30 Europe/Berlin, completed (12 Succeeded, 1 Failed)
        """);

    [Fact]
    public void Several_with_a_pause_and_with_what_went_wrong() => AssertShown(
        [Nightly, Weekly],
        """
        schedule nightly
          next run: 2026-03-09 01:30 Europe/Berlin, in
                    22 h 0 min
          last run: 2026-03-08 01:30 Europe/Berlin,
                    completed (12 Succeeded, 1 Failed)
        schedule weekly
          next run: 2026-03-15 02:30 UTC, in 7 d 0 h
          paused:   until 2026-03-08 08:30 UTC (upgrade
                    of the appliance in Frankfurt a [31mreddnuor b c
                    d ef g 2Jh); runs due before are skipped
          missed:   the run due at 2026-03-07 02:30 UTC
                    never began
          last run: 2026-03-08 00:30 UTC, skipped: the
                    scheduled run before it,
                    run-scheduled-weekly-20260301t040000z, still
                    went on.
          before:   2026-03-08 00:30 UTC, ended by its
                    deadline (3 Succeeded). Late by 3 h 30 min; it
                    was due at 2026-03-01 04:00 UTC, when the app
                    was down. 2 earlier runs were missed too and are
                    not caught up.
        """,
        """
        schedule nightly
          next run: 2026-03-09 01:30 Europe/Berlin, in 22 h 0 min
          last run: 2026-03-08 01:30 Europe/Berlin, completed (12 Succeeded,
                    1 Failed)
        schedule weekly
          next run: 2026-03-15 02:30 UTC, in 7 d 0 h
          paused:   until 2026-03-08 08:30 UTC (upgrade of the appliance in
                    Frankfurt a [31mreddnuor b c d ef g 2Jh); runs due before are
                    skipped
          missed:   the run due at 2026-03-07 02:30 UTC never began
          last run: 2026-03-08 00:30 UTC, skipped: the scheduled run before
                    it, run-scheduled-weekly-20260301t040000z, still went on.
          before:   2026-03-08 00:30 UTC, ended by its deadline (3
                    Succeeded). Late by 3 h 30 min; it was due at 2026-03-01 04:00 UTC,
                    when the app was down. 2 earlier runs were missed too and are not
                    caught up.
        """,
        """
        schedule nightly
          next run: 2026-03-09 01:30 Europe/Berlin, in 22 h 0 min
          last run: 2026-03-08 01:30 Europe/Berlin, completed (12 Succeeded, 1 Failed)
        schedule weekly
          next run: 2026-03-15 02:30 UTC, in 7 d 0 h
          paused:   until 2026-03-08 08:30 UTC (upgrade of the appliance in Frankfurt a [31mreddnuor b c d ef g
                    2Jh); runs due before are skipped
          missed:   the run due at 2026-03-07 02:30 UTC never began
          last run: 2026-03-08 00:30 UTC, skipped: the scheduled run before it,
                    run-scheduled-weekly-20260301t040000z, still went on.
          before:   2026-03-08 00:30 UTC, ended by its deadline (3 Succeeded). Late by 3 h 30 min; it was due at
                    2026-03-01 04:00 UTC, when the app was down. 2 earlier runs were missed too and are not caught up.
        """);

    [Fact]
    public void None_that_begins_says_why()
    {
        Assert.Equal(
            ["next run: none, since no process serves this state",
                "last run: 2026-03-08 01:30 Europe/Berlin, completed (12 Succeeded, 1 Failed)"],
            Lines(new SchedulesView(true, null, null, [Nightly]), isServed: false));
        Assert.Equal(
            "next run: none, since the timer is switched off (AzureWebJobs.StartScheduledRuns.Disabled)",
            Lines(new SchedulesView(false, null, null, [Nightly]), isServed: true)[0]);
        Assert.Equal(
            ["next run: none, since '0 0 31 2 *' is never due"],
            Lines(new SchedulesView(true, null, null, [new ScheduleView("nightly", "0 0 31 2 *", "UTC", null, null, null)]),
                isServed: true));
    }

    private static RunRecord Run(RunStatus status, Dictionary<string, int> counts, string? reason) => new()
    {
        Id = "run-1", Status = status, StartedAt = TableSamples.Now.AddHours(-2), FinishedAt = TableSamples.Now.AddHours(-1),
        Counts = counts, Reason = reason,
    };

    private static string[] Lines(SchedulesView view, bool isServed) => [.. ScheduleText.Lines(view, isServed, TableSamples.Now)];

    private static void AssertShown(IReadOnlyList<ScheduleView> schedules, params string[] expected)
    {
        SchedulesView view = new(true, TableSamples.Now, schedules.Min(s => s.NextDueAt), schedules);
        string[] shown = [.. ((int[])[60, 80, 120]).Select(width =>
        {
            using StringWriter text = new() { NewLine = "\n" };
            Screen screen = Screen.Plain(text, width);
            foreach (string line in Lines(view, isServed: true))
            {
                screen.Say(line, ScheduleText.IndentOf(line));
            }

            Assert.All(text.ToString().Split('\n'), l => Assert.True(l.Length <= width, l));
            return text.ToString().TrimEnd('\n');
        })];
        Assert.Equal(expected, shown);
    }
}
