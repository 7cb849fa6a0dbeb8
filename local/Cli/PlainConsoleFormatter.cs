using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Rescan.Local.Cli;

/// <summary>Lines of the log as people read them: when, how bad unless it is not, what. They look like the command's own steps.</summary>
internal sealed class PlainConsoleFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "plain";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string text = logEntry.Formatter(logEntry.State, logEntry.Exception);
        string level = logEntry.LogLevel switch { LogLevel.Warning => "warning: ", LogLevel.Error or LogLevel.Critical => "error: ", _ => "" };
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss}  {level}"));
        textWriter.WriteLine(OneLine(text));

        // What is expected to go wrong is told in words; an exception that comes with a line is a fault of our own.
        if (logEntry.Exception is { } fault)
        {
            textWriter.WriteLine(fault);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
