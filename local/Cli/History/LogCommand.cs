using System.CommandLine;
using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan log</c>: the log of a rescan's session.</summary>
internal static class LogCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Argument<string> id = new("ID") { Description = "the rescan's id or request id, or its repository's name" };
        Option<bool> follow = new("--follow", "-f") { Description = "print what is added, until the rescan ends" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("log", "Print a rescan's session log")
        {
            Details = "It is that of the rescan that runs, else of the repository's last.",
            Examples =
            [
                "rescan log prod",
                "rescan log prod --follow",
            ],
        };
        command.Add(id);
        command.Add(follow);
        command.Add(settings);
        command.Add(output);
        location.AddTo(command);
        id.CompletionSources.Add(Candidates.Repositories(location));
        command.SetAction(async (parse, cancellationToken) =>
        {
            bool json = parse.GetValue(output) == "json";
            if (json && parse.GetValue(follow))
            {
                throw new CommandException(ExitCodes.Usage, "--follow prints lines as they come; it does not go with --output json.");
            }

            await using HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken);
            string? key = ServerArguments.Key(SettingsFile.Read(parse, settings));
            RescanView rescan = await source.FindAsync(parse.GetValue(id)!, cancellationToken);
            if (parse.GetValue(follow))
            {
                await LogFollow.FollowAsync(
                    c => source.FindAsync(rescan.RequestId ?? rescan.Id, c), (r, c) => ReadAsync(source, r, key, true, c),
                    cancellationToken);
                return 0;
            }

            IReadOnlyList<SessionLogItem> log = await ReadAsync(source, rescan, key, false, cancellationToken);
            if (json)
            {
                Output.PrintJson(new RescanLogView(rescan.Id, rescan.RequestId, log));
                return 0;
            }

            string nothing = log.Count > 0 ? "" : rescan.Outcome is null ? "; nothing of its log is known yet"
                : "; its session wrote no log";
            Screen.Error.Say(LogLines.Head(rescan) + nothing);
            foreach (SessionLogItem item in log)
            {
                Screen.Out.Say(LogLines.Of(item));
            }

            return 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<SessionLogItem>> ReadAsync(
        HistorySource source, RescanView rescan, string? key, bool look, CancellationToken cancellationToken)
    {
        if (rescan.Outcome is not null)
        {
            return (await source.Outcomes.GetAsync(rescan.RequestId!, cancellationToken))?.Log ?? [];
        }

        if (await source.GetServingAddressAsync(cancellationToken) is { } address)
        {
            using OwnerClient owner = new(address, key);
            return (await owner.GetLogAsync(rescan.Id, rescan.RequestId, look, cancellationToken)).Log;
        }

        return rescan.LastMessage is { } last ? [new SessionLogItem(null, "", last)] : [];
    }
}
