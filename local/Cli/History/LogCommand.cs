using System.CommandLine;
using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan log</c>: the log of a rescan's session.</summary>
internal static class LogCommand
{
    private const int MaxLine = 4000;

    public static Command Create()
    {
        StateLocationArguments location = new();
        Argument<string> id = new("ID") { Description = "the rescan's id or request id, or its repository's name" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new("log", """
            Print the session log of a rescan: of the one that runs, else of the repository's last.

              rescan log prod

            """) { id, settings, output };
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            HistorySource source = await HistorySource.OpenAsync(location, parse, cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                RescanView rescan = await source.FindAsync(parse.GetValue(id)!, cancellationToken).ConfigureAwait(false);
                IReadOnlyList<SessionLogItem> log = await ReadAsync(source, rescan, SettingsFile.Read(parse.GetValue(settings)!).GetValueOrDefault("Rescan__Key"), cancellationToken).ConfigureAwait(false);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new RescanLogView(rescan.Id, rescan.RequestId, log));
                    return 0;
                }

                Console.Error.WriteLine($"{rescan.Repository.Name} on {rescan.Appliance}: {rescan.Outcome?.Outcome.ToString() ?? rescan.Phase?.ToString() ?? rescan.Status}{(log.Count > 0 ? "" : rescan.Outcome is null ? "; nothing of its log is known yet" : "; its session wrote no log")}");
                foreach (SessionLogItem item in log)
                {
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{item.Time?.UtcDateTime:yyyy-MM-dd HH:mm:ss}  {DisplayFormat.Line(item.Status, 20),-12}  {DisplayFormat.Line(item.Message, MaxLine)}"));
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<SessionLogItem>> ReadAsync(HistorySource source, RescanView rescan, string? key, CancellationToken cancellationToken)
    {
        if (rescan.Outcome is not null)
        {
            return (await source.Outcomes.GetAsync(rescan.RequestId!, cancellationToken).ConfigureAwait(false))?.Log ?? [];
        }

        if (await source.GetServingAddressAsync(cancellationToken).ConfigureAwait(false) is { } address)
        {
            using OwnerClient owner = new(address, key);
            return (await owner.GetLogAsync(rescan.Id, cancellationToken).ConfigureAwait(false)).Log;
        }

        return rescan.LastMessage is { } last ? [new SessionLogItem(null, "", last)] : [];
    }
}
