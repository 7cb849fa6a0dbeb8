using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary>Tables for people; in a pipe each row is one line, however long.</summary>
internal static class Tables
{
    private const int PipeWidth = 4000;
    private const int MaxCell = 160;

    public static Table Of(params string[] columns)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = column is not ("reason" or "last message") });
        }

        return table;
    }

    public static void Print(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            Console.Out.Write(Render(table));
        }
        else
        {
            AnsiConsole.Write(table);
        }
    }

    /// <summary>Lines without colours, borders and blanks at their ends.</summary>
    public static string Render(Table table)
    {
        using StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = PipeWidth;
        console.Write(table.Border(TableBorder.None));
        return string.Concat(text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.TrimEnd() + "\n"));
    }

    /// <summary>Text from outside: no markup, no escape sequences.</summary>
    public static Text Cell(string? text) => new(DisplayFormat.Line(text ?? "", MaxCell));

    public static Text Cell(Outcome outcome) => new(outcome.ToString(), new Style(outcome.Severity() switch
    {
        Severity.Good => Color.Green,
        Severity.Bad => Color.Red,
        _ => Color.Yellow,
    }));
}
