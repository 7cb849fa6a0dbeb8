using System.CommandLine;

namespace Rescan.Local.Cli.Help;

/// <summary>Commands and options as they are typed.</summary>
internal static class CommandWords
{
    /// <summary>All words up to the command, such as <c>rescan state prune</c>.</summary>
    public static string Of(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Of(parent)} {command.Name}"
        : command is RootCommand ? "rescan"
        : command.Name;

    public static string Of(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    public static string Of(Option option) => option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0
        ? option.Name
        : $"{option.Name} {option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant()}";
}
