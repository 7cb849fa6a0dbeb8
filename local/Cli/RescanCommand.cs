using System.CommandLine;
using System.CommandLine.Help;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Init;
using Rescan.Local.Cli.Reports;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;

namespace Rescan.Local.Cli;

/// <summary>The command <c>rescan</c> with all that it can do.</summary>
internal static class RescanCommand
{
    public static RootCommand Create()
    {
        RootCommand root = new("Asks Veeam servers to rescan their object storage repositories, and watches each rescan to its end.");
        CommandGroup[] groups =
        [
            new("Try it, with no appliance", [DemoCommand.Create(), SimulateCommand.Create()]),
            new("Rescan",
                [InitCommand.Create(), ApplianceCommands.CreateCheck(), ApplianceCommands.CreateRepositories(), RunCommand.Create(),
                ServeCommand.Create(), StartCommand.Create(), CancelCommand.Create(), RerunCommand.Create(), PauseCommand.Create(),
                PauseCommand.CreateResume()]),
            new(
                "Look",
                [StatusCommand.Create(), PlanCommand.Create(), HistoryCommand.Create(), LogCommand.Create(), ReportCommand.Create()]),
            new(
                "Look after it",
                [
                    SettingsCommand.Create(), StateCommand.Create(), NotifyCommand.Create(), PublishCommand.Create(),
                    PackageCommand.Create(),
                    CompletionCommand.Create(),
                ]),
        ];
        foreach (Command command in groups.SelectMany(g => g.Commands).Append(CompleteCommand.Create(root)))
        {
            root.Add(command);
        }

        HelpScreen help = new(groups);
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = help;
        option.Description = "this help";
        root.SetAction(_ =>
        {
            help.Print(root, Terminal.Screen.Error);
            return ExitCodes.Usage;
        });
        return root;
    }
}
