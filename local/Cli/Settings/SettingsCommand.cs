using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Settings;

/// <summary><c>rescan settings check</c>: what is wrong with the settings, or what they say.</summary>
internal static class SettingsCommand
{
    public static Command Create() => new DocumentedCommand("settings", "Check the settings that serve would take") { CreateCheck() };

    private static Command CreateCheck()
    {
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("check", "Say every fault of the settings, or what they say")
        {
            Details = "It reads what 'rescan serve' would, and starts nothing. No appliance is asked: 'rescan check' does that.",
            Examples = ["rescan settings check", "rescan settings check --settings /etc/rescan/settings.json"],
            ExitCodes = [("0", "all well"), ("78", "the settings have faults, each of which is told")],
        };
        command.Add(settings);
        command.Add(output);
        command.SetAction(async (parse, cancellationToken) =>
        {
            SettingsFile file = SettingsFile.Load(parse, settings);
            IConfiguration configuration = AppHost.Configure(file.Values);
            IReadOnlyList<string> faults = await SettingsCheck.FaultsOfAsync(file, configuration, cancellationToken);
            DateTimeOffset now = DateTimeOffset.UtcNow;
            SettingsReport report = SettingsReport.Of(file, configuration, faults, now);
            if (parse.GetValue(output) == "json")
            {
                Output.PrintJson(report);
                return faults.Count == 0 ? 0 : ExitCodes.Configuration;
            }

            if (faults.Count > 0)
            {
                throw new OptionsValidationException("", typeof(SettingsFile), faults);
            }

            report.Print(Screen.Out, now);
            return 0;
        });
        return command;
    }
}
