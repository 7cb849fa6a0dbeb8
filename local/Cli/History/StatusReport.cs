using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary>What <c>rescan status</c> shows.</summary>
/// <param name="ServedAt">Where the process that runs the rescans answers; null when none is known.</param>
/// <param name="Running">Rescans that run.</param>
/// <param name="Last">How each repository's last rescan ended, those that went wrong first.</param>
internal sealed record StatusReport(string? ServedAt, IReadOnlyList<RescanView> Running, IReadOnlyList<RescanOutcome> Last)
{
    private const int Indent = 2;

    /// <summary>The schedules and what became of their last runs; null when the process that serves does not tell.</summary>
    public SchedulesView? Schedules { get; init; }

    /// <summary>Why the schedule is not known; null when it is.</summary>
    public string? ScheduleError { get; init; }

    /// <summary>Runs that go on, as the process that serves tells them.</summary>
    public IReadOnlyList<RunUnderWay> Runs { get; init; } = [];

    /// <param name="source">Where rescans are kept.</param>
    /// <param name="key">The key of the process that serves; null when it asks for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<StatusReport> ReadAsync(HistorySource source, string? key, CancellationToken cancellationToken)
    {
        IReadOnlyList<RescanView> running = await source.GetRunningAsync(cancellationToken);
        IReadOnlyList<RescanOutcome> latest = await source.Outcomes.GetLatestAsync(cancellationToken);
        Uri? owner = await source.GetServingAddressAsync(cancellationToken);
        (SchedulesView? schedules, string? error) = await source.GetScheduleAsync(owner, key, cancellationToken);
        return new StatusReport(owner?.AbsoluteUri, running,
        [
            .. latest.Select(o => o with { Log = [], Timeline = null })
                .OrderByDescending(o => o.Outcome.Severity()).ThenBy(o => o.Appliance, StringComparer.Ordinal)
                    .ThenBy(o => o.Repository.Name, StringComparer.Ordinal),
        ])
        {
            Schedules = schedules,
            ScheduleError = error,
            Runs = await source.GetRunsUnderWayAsync(owner, key, cancellationToken),
        };
    }

    public void Print(Screen screen, DateTimeOffset now)
    {
        TextWriter writer = screen.Console.Profile.Out.Writer;
        screen.Say(RunningNow);
        if (Running.Count > 0)
        {
            StatusTables.Running(Running, now).Print(screen);
        }

        foreach (RunUnderWay run in Runs)
        {
            screen.Say($"{run.Id}: {run.Now}", Indent);
        }

        writer.WriteLine();
        foreach (string line in ScheduleLines(now))
        {
            screen.Say(line, ScheduleText.IndentOf(line));
        }

        writer.WriteLine(Last.Count switch
        {
            0 => "No rescan has ended yet.",
            1 => "1 repository was rescanned:",
            _ => $"{Last.Count} repositories were rescanned:",
        });
        if (Last.Count > 0)
        {
            StatusTables.Last(Last, now).Print(screen);
        }
    }

    private IEnumerable<string> ScheduleLines(DateTimeOffset now) => this switch
    {
        { Schedules: { } schedules } => [.. ScheduleText.Lines(schedules, ServedAt is not null, now), ""],
        { ScheduleError: { } error } => [$"next run: not known. {error}", ""],
        _ => [],
    };

    private string RunningNow
    {
        get
        {
            int waiting = Running.Count(r => r.Waits);
            int running = Running.Count - waiting;
            string served = ServedAt is not null ? $"served at {ServedAt}api"
                : Running.Count > 0 ? "no process runs them now; rescan serve, or the rescan run that began them, goes on with them"
                : "no process serves this state now";
            string runs = running switch { 0 => "No rescan runs", 1 => "1 rescan runs", _ => $"{running} rescans run" };
            string waits = waiting switch
            {
                0 => "",
                1 => ", 1 waits for the one before it",
                _ => $", {waiting} wait for those before them",
            };
            return $"{runs}{waits} ({served}){(Running.Count > 0 ? ":" : ".")}";
        }
    }
}

/// <summary>A run that goes on.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Now">Where it stands, in one line.</param>
/// <param name="Troubles">The appliances that it waits for, and why.</param>
internal sealed record RunUnderWay(string Id, string Now, IReadOnlyList<ApplianceTroubleView> Troubles);
