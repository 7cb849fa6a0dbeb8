using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Rescan.Functions.Display;

namespace Rescan.Local.Cli;

/// <summary>
/// A line for each entry of the log, as people read it: when, how bad unless it is not, what. Whatever stands in it, what appliances and
/// callers send can forge no line and reaches no terminal as a command.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SafeConsoleFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>The name under which it is registered.</summary>
    public const string FormatterName = "rescan";

    private const int MaxLine = 8000;

    /// <summary>Logs to the console by this formatter.</summary>
    public static void AddTo(ILoggingBuilder logging) =>
        logging.AddConsole(o => o.FormatterName = FormatterName).AddConsoleFormatter<SafeConsoleFormatter, ConsoleFormatterOptions>();

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string level =
            logEntry.LogLevel switch { LogLevel.Warning => "warning: ", LogLevel.Error or LogLevel.Critical => "error: ", _ => "" };
        string message = $"{logEntry.Formatter(logEntry.State, logEntry.Exception)}{(logEntry.Exception is { } e ? " " + e : "")}";
        string at = time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        textWriter.Write($"{at}  {level}{SafeText.Line(message, MaxLine)}{Environment.NewLine}");
    }
}
