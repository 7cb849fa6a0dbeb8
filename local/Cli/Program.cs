using System.CommandLine;
using Microsoft.Extensions.Options;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Errors;
using Rescan.Local.Cli.Terminal;

try
{
    ParseResult parse = RescanCommand.Create().Parse(args);
    return parse.Errors.Count > 0 && parse.Action is not { ClearsParseErrors: true }
        ? throw UsageErrors.Of(parse)
        : await parse.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
}
catch (Exception e)
{
    if (Environment.GetEnvironmentVariable(ErrorMessage.TraceVariable) == "1")
    {
        Screen.Error.Say(e.ToString());
    }

    ErrorMessage message = ErrorMessage.Of(e);
    message.Print(Screen.Error);
    return message.ExitCode;
}
