using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Help;

/// <summary>Help that fits the screen: one line a command in the list, the rest in each command's own.</summary>
internal sealed class HelpScreen(IReadOnlyList<CommandGroup> groups) : SynchronousCommandLineAction
{
    private const int UsualWidth = 80;
    private const int MaxWidth = 100;
    private const int Indent = 2;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Print(parseResult.CommandResult.Command, Screen.Out);
        return 0;
    }

    public void Print(Command command, Screen screen)
    {
        foreach (string line in Lines(command, Math.Min(screen.Width ?? UsualWidth, MaxWidth)))
        {
            screen.Console.Profile.Out.Writer.WriteLine(line);
        }
    }

    public IEnumerable<string> Lines(Command command, int width) => command is RootCommand root ? All(root, width) : Of(command, width);

    private static IEnumerable<string> Of(Command command, int width)
    {
        DocumentedCommand? documented = command as DocumentedCommand;
        Option[] options = [.. command.Options.Where(o => !o.Hidden)];
        IEnumerable<string> usage =
        [
            CommandWords.Of(command), .. command.Subcommands.Count > 0 ? ["COMMAND"] : Array.Empty<string>(),
            .. command.Arguments.Select(CommandWords.Of),
            .. options.Where(o => o.Required).Select(CommandWords.Of), "[options]",
        ];
        return
        [
            .. Words.Wrap($"{command.Description}. {documented?.Details}".TrimEnd(), width),
            .. Section("Usage", Hanging(usage, width)),
            .. Section("Commands", TwoColumns.Of(command.Subcommands.Where(c => !c.Hidden)
                .Select(c => (Signature(c), c.Description ?? "")), Indent, width)),
            .. Section("Arguments", TwoColumns.Of(command.Arguments.Select(a => (a.HelpName ?? a.Name, a.Description ?? "")), Indent,
                width)),
            .. Section("Options", TwoColumns.Of([.. options.Select(o => (Names(o), Meaning(o))), ("-h, --help", "this help")], Indent,
                width)),
            .. Section("Examples", (documented?.Examples ?? []).Select(e => "  " + e)),
            .. Section("Exit codes", TwoColumns.Of(documented?.ExitCodes ?? [], Indent, width)),
        ];
    }

    /// <summary>Broken between its parts, which stay whole.</summary>
    private static IEnumerable<string> Hanging(IEnumerable<string> parts, int width)
    {
        string line = new(' ', Indent);
        foreach (string part in parts)
        {
            if (Words.Width(line) + 1 + Words.Width(part) > width)
            {
                yield return line;
                line = new string(' ', Indent + 2);
            }

            line += (line.Trim().Length == 0 ? "" : " ") + part;
        }

        yield return line;
    }

    private static IEnumerable<string> Section(string title, IEnumerable<string> lines)
    {
        bool first = true;
        foreach (string line in lines)
        {
            if (first)
            {
                yield return "";
                yield return title + ":";
                first = false;
            }

            yield return line;
        }
    }

    private static string Signature(Command command) => string.Join(' ', command.Arguments.Select(CommandWords.Of).Prepend(command.Name));

    private static string Names(Option option)
    {
        string? letter = option.Aliases.FirstOrDefault(a => a.Length == 2 && a[0] == '-');
        return (letter is null ? "    " : letter + ", ") + CommandWords.Of(option);
    }

    private static string Meaning(Option option)
    {
        string meaning = option.Description ?? "";
        if (option.Required)
        {
            return meaning + " (required)";
        }

        string? usual = option.HasDefaultValue && option.ValueType != typeof(bool) ? option.GetDefaultValue()?.ToString() : null;
        return string.IsNullOrEmpty(usual) ? meaning : $"{meaning} [{usual}]";
    }

    private IEnumerable<string> All(RootCommand root, int width)
    {
        int names = groups.SelectMany(g => g.Commands).Max(c => Signature(c).Length);
        return
        [
            .. Words.Wrap(root.Description ?? "", width),
            .. Section("Usage", ["  rescan COMMAND [options]"]),
            .. groups.SelectMany(g => Section(g.Title,
                TwoColumns.Of(g.Commands.Select(c => (Signature(c).PadRight(names), c.Description ?? "")), Indent, width))),
            "",
            .. Words.Wrap("A command's own help has its options and examples: rescan run --help. The version: rescan --version.", width),
        ];
    }
}
