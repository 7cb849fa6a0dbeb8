using System.CommandLine;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Schedules;

/// <summary><c>rescan pause</c> and <c>rescan resume</c>: no scheduled run begins until a time, or again from now on.</summary>
internal static class PauseCommand
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string?> until = new("--until")
        {
            HelpName = "TIME",
            Description = "when it ends: 06:00, '2026-05-04 06:00' or 2026-05-04T06:00:00Z; in this machine's zone unless it says which",
        };
        Option<string?> span = new("--for") { HelpName = "DURATION", Description = "how long it lasts, such as 90m, 8h or 2d" };
        Option<string?> reason = new("--reason") { HelpName = "TEXT", Description = "why, for those who wonder later" };
        Option<string?> schedule = ScheduleOption();
        ServerArguments server = new();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("pause", "Begin no scheduled run until a time")
        {
            Details = "Runs that come due before are skipped, and recorded as skipped. "
                + "Runs under way go on, and runs by hand still begin. It ends by itself, or by 'rescan resume'.",
            Examples =
            [
                "rescan pause --for 8h --reason upgrade",
                "rescan pause --until 06:00 --schedule weekly",
                "RESCAN_KEY=... rescan pause --for 1d --url https://APP.azurewebsites.net",
            ],
        };
        foreach (Option option in new Option[] { until, span, reason, schedule, output })
        {
            command.Add(option);
        }

        server.AddTo(command);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            DateTimeOffset end = (parse.GetValue(until), parse.GetValue(span)) switch
            {
                ({ } time, null) => PauseTime.Parse("--until", time, now, TimeZoneInfo.Local),
                (null, { } length) => now + Durations.Parse("--for", length),
                _ => throw new CommandException(
                    ExitCodes.Usage, "Say how long: either --until TIME or --for DURATION.\nSee 'rescan pause --help'."),
            };
            if (end <= now || end > now + Longest)
            {
                throw new CommandException(
                    ExitCodes.Usage,
                    $"A pause ends in the future, at most {Longest.TotalDays:0} days from now; {DisplayFormat.Time(end)} does not.");
            }

            string? why = parse.GetValue(reason) is { Length: > 0 } told ? SafeText.Line(told, 200) : null;
            SchedulePause pause = new(parse.GetValue(schedule), end.ToUniversalTime(), now, why) { By = CommandUser.Initiator };
            await WithWriterAsync(parse, location, server, w => w.PauseAsync(pause, cancellationToken), cancellationToken);
            if (parse.GetValue(output) == "json")
            {
                Output.PrintJson(new { pause.Schedule, pause.Until, pause.Reason });
            }
            else
            {
                Screen.Out.Say(
                    $"{Named(pause.Schedule)} paused until {ScheduleText.At(end, TimeZones.Local)}. "
                        + "Runs that come due before are skipped; rescan resume ends it earlier.");
            }

            return 0;
        });
        return command;
    }

    public static Command CreateResume()
    {
        StateLocationArguments location = new();
        Option<string?> schedule = ScheduleOption();
        ServerArguments server = new();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("resume", "End a pause before its time")
        {
            Details = "Runs that were skipped are not caught up.",
            Examples = ["rescan resume"],
        };
        foreach (Option option in new Option[] { schedule, output })
        {
            command.Add(option);
        }

        server.AddTo(command);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            string? name = parse.GetValue(schedule);
            await WithWriterAsync(parse, location, server, w => w.ResumeAsync(name, cancellationToken), cancellationToken);
            if (parse.GetValue(output) == "json")
            {
                Output.PrintJson(new { schedule = name, until = (DateTimeOffset?)null });
            }
            else
            {
                Screen.Out.Say(
                    (name is null ? "No schedule is paused any more." : Words.Line($"The schedule {name} is not paused any more."))
                        + " rescan status shows when the next run is due.");
            }

            return 0;
        });
        return command;
    }

    private static Option<string?> ScheduleOption() =>
        new("--schedule") { HelpName = "NAME", Description = "one schedule; all of them unless given" };

    private static string Named(string? schedule) => schedule is null ? "All schedules are" : Words.Line($"The schedule {schedule} is");

    private static async Task WithWriterAsync(
        ParseResult parse, StateLocationArguments location, ServerArguments server, Func<PauseWriter, Task> write,
        CancellationToken cancellationToken)
    {
        if (server.IsGiven(parse))
        {
            using OwnerClient client = server.Open(parse);
            await write(new PauseWriter(client));
            return;
        }

        HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
        await using (source)
        {
            await write(new PauseWriter(source, server.SettingsOf(parse)));
        }
    }
}
