using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure;
using DurableTask.Sqlite;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.Errors;

/// <summary>The one place where exceptions become what a person reads, and an exit code.</summary>
/// <param name="ExitCode">What the command ends with.</param>
/// <param name="Text">What went wrong and what to do; may have several lines.</param>
internal sealed partial record ErrorMessage(int ExitCode, string Text)
{
    /// <summary>Set to 1, it lets an error be printed whole, for a report of a fault of Rescan.</summary>
    public const string TraceVariable = "RESCAN_TRACE";

    private const int ListIndent = 4;

    public static ErrorMessage Of(Exception e)
    {
        ErrorMessage message = Translate(e);
        return message with { Text = Plain(message.Text) };
    }

    private static ErrorMessage Translate(Exception e) => e switch
    {
        CommandException command => new(command.ExitCode, command.Message),
        OptionsValidationException options => new(ExitCodes.Configuration,
            string.Join('\n', options.Failures.Distinct().Select(f => "  " + f).Prepend("the settings have faults:"))),
        AggregateException several when several.Flatten().InnerExceptions is { Count: > 0 } all
            && all.All(i => i is OptionsValidationException) =>
            Translate(
                new OptionsValidationException("", typeof(object), all.Cast<OptionsValidationException>().SelectMany(i => i.Failures))),
        ApplianceException appliance => new(ExitCodes.Of(ExitCodes.OutcomeOf(appliance)), appliance.Message),
        TaskHubException or OutcomeStoreException => new(ExitCodes.Configuration, e.Message),
        InvalidOperationException { InnerException: TaskHubException lost } => new(ExitCodes.State, lost.Message),
        OperationCanceledException => new(ExitCodes.Interrupted, "Interrupted."),
        AggregateException several when several.Flatten().InnerExceptions is { Count: > 0 } inner => Of(inner[0]),
        _ when InUse(e) is { } port => new(ExitCodes.Configuration, port),
        SqliteStorageException state => new(ExitCodes.State, state.Message),
        RequestFailedException azure => new(ExitCodes.Unreachable,
            $"The storage account refused or did not answer: {FirstLine(azure.Message)}"),
        HttpRequestException or SocketException => new(ExitCodes.Unreachable, Reason(e)),
        IOException or UnauthorizedAccessException or InvalidOperationException => new(ExitCodes.Configuration, Reason(e)),
        _ => new(ExitCodes.Internal,
            $"This is a fault of Rescan: {Reason(e)}\nThe same command with "
                + $"{TraceVariable}=1 in its environment prints what a report of it needs."),
    };

    /// <summary>Why something failed, from its innermost cause: outer ones often only point there.</summary>
    public static string Reason(Exception e)
    {
        Exception told = e;
        while (told.InnerException is { Message.Length: > 0 } inner
            && (SaysNothing().IsMatch(told.Message) || told is HttpRequestException))
        {
            told = inner;
        }

        return SaysNothing().Replace(FirstLine(told.Message), "").TrimEnd(' ', '.', ',') + ".";
    }

    /// <summary>What is wrong with a text of JSON and where, counted as editors do.</summary>
    public static string Reason(JsonException e) => Plain(e.Message).TrimEnd('.', ' ') + ".";

    public void Print(Screen screen)
    {
        foreach (string line in ("rescan: " + Text).Split('\n'))
        {
            screen.Say(line, line.StartsWith(' ') ? ListIndent : 0);
        }
    }

    private static string? InUse(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException
                {
                    SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied
                or SocketError.AddressNotAvailable
                } socket)
            {
                string where = Address().Match(e.Message) is { Success: true } address ? address.Value.TrimEnd('.', ':', '/')
                    : "The address";
                return socket.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse =>
                        $"{where} is in use by another program. Stop that one, or listen elsewhere with --url or --port.",
                    SocketError.AccessDenied =>
                        $"{where} may not be listened on by this account; ports below 1024 often may not. Listen elsewhere with --url or "
                            + "--port.",
                    _ => $"{where} is not an address of this machine. Listen elsewhere with --url.",
                };
            }
        }

        return null;
    }

    /// <summary>A message without what only a programmer of .NET makes something of.</summary>
    private static string Plain(string text)
    {
        text = UnknownProperty().Replace(text, "'$1' is not known here");
        text = WrongKind().Replace(text, "a value is of the wrong kind");
        text = JsonPlace().Replace(text, m => m.Groups["line"] is { Success: true } line
            ? string.Create(CultureInfo.InvariantCulture, $" (line {int.Parse(line.Value, CultureInfo.InvariantCulture) + 1})") : "");
        return DoubleStop().Replace(SaysNothing().Replace(text, ""), ".");
    }

    private static string FirstLine(string text) => text.ReplaceLineEndings("\n").Split('\n')[0].Trim();

    [GeneratedRegex(@",?\s*see (the )?inner exception( for details)?(?=\.?)|^Exception of type .*|^One or more errors occurred\.?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SaysNothing();

    [GeneratedRegex(@"The JSON property '([^']*)' could not be mapped to any \.NET member contained in type '[^']*'",
        RegexOptions.CultureInvariant)]
    private static partial Regex UnknownProperty();

    [GeneratedRegex(@"The JSON value could not be converted to [^\s]+?(?=\.?(\s|$))", RegexOptions.CultureInvariant)]
    private static partial Regex WrongKind();

    [GeneratedRegex(@"\.?\s*(Path: [^|]*\|\s*)?LineNumber: (?<line>\d+) \| BytePositionInLine: \d+|\s*Change the reader options\.",
        RegexOptions.CultureInvariant)]
    private static partial Regex JsonPlace();

    [GeneratedRegex(@"(?<!\.)\.\.(?=\s|$)", RegexOptions.CultureInvariant)]
    private static partial Regex DoubleStop();

    [GeneratedRegex(@"https?://\S+", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
