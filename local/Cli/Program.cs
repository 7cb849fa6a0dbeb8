using System.CommandLine;
using Microsoft.Extensions.Options;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Reports;
using Rescan.Local.Runtime.Durable;

RootCommand root = new("Rescans the S3 repositories of Veeam Backup for AWS appliances and watches each rescan to its end. Start with: rescan demo")
{
    DemoCommand.Create(), RunCommand.Create(), ServeCommand.Create(), StateCommand.Create(), SimulateCommand.Create(), ApplianceCommands.CreateRepositories(), ApplianceCommands.CreateCheck(),
    NotifyCommand.Create(), StatusCommand.Create(), HistoryCommand.Create(), LogCommand.Create(), CancelCommand.Create(), ReportCommand.Create(),
};
ParseResult parse = root.Parse(args);
try
{
    int exit = await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
    return parse.Errors.Count > 0 ? ExitCodes.Usage : exit;
}
catch (CommandException e)
{
    Console.Error.WriteLine("rescan: " + e.Message);
    return e.ExitCode;
}
catch (OptionsValidationException e)
{
    Console.Error.WriteLine("rescan: the settings have faults:");
    foreach (string fault in e.Failures)
    {
        Console.Error.WriteLine("  " + fault);
    }

    return ExitCodes.Configuration;
}
catch (InvalidOperationException e) when (e.InnerException is TaskHubException lost)
{
    Console.Error.WriteLine("rescan: " + lost.Message);
    return ExitCodes.State;
}
catch (Exception e) when (e is TaskHubException or OutcomeStoreException)
{
    Console.Error.WriteLine("rescan: " + e.Message);
    return ExitCodes.Configuration;
}
catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine("rescan: " + e.Message);
    return ExitCodes.Configuration;
}
