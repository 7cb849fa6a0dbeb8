using System.CommandLine;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan status</c>: what runs now, and how each repository stands.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<bool> watch = new("--watch", "-w") { Description = "show it again whenever it changes, until Ctrl-C" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("status", "Show what runs now and how each repository stands")
        {
            Details = "Those that went wrong come first. It also says when the next scheduled run is due.",
            Examples =
            [
                "rescan status",
                "rescan status --watch",
            ],
        };
        command.Add(watch);
        command.Add(settings);
        command.Add(output);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            bool json = parse.GetValue(output) == "json";
            await using HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            string? key = ServerArguments.Key(SettingsFile.Read(parse, settings));
            if (parse.GetValue(watch))
            {
                if (json)
                {
                    throw new CommandException(ExitCodes.Usage, "--watch is for people; programs ask again: rescan status --output json.");
                }

                await StatusWatch.WatchAsync(c => StatusReport.ReadAsync(source, key, c), Screen.Out, cancellationToken);
                return 0;
            }

            StatusReport report = await StatusReport.ReadAsync(source, key, cancellationToken);
            if (json)
            {
                Output.PrintJson(report);
            }
            else
            {
                report.Print(Screen.Out, DateTimeOffset.UtcNow);
            }

            return 0;
        });
        return command;
    }
}
