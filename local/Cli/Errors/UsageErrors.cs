using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using Rescan.Functions.Display;
using Rescan.Local.Cli.Help;

namespace Rescan.Local.Cli.Errors;

/// <summary>What is wrong with a command line, in one line, and where to look.</summary>
internal static class UsageErrors
{
    /// <param name="parse">A command line that does not parse.</param>
    public static CommandException Of(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string words = CommandWords.Of(command);
        return new CommandException(ExitCodes.Usage, $"{What(parse, command, words)}\nSee '{words} --help'.");
    }

    private static string What(ParseResult parse, Command command, string words)
    {
        if (parse.UnmatchedTokens.Count > 0)
        {
            return Unknown(parse.UnmatchedTokens[0], command, words);
        }

        string[] missing =
        [
            .. command.Options.Where(o => o.Required && parse.GetResult(o)?.IdentifierToken is null).Select(o => o.Name),
            .. command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parse.GetResult(a) is null or { Tokens.Count: 0 })
                .Select(CommandWords.Of),
        ];
        ParseError error = parse.Errors.FirstOrDefault(e => OptionOf(e.SymbolResult) is not null) ?? parse.Errors[0];
        return OptionOf(error.SymbolResult) is { } option && option.IdentifierToken is not null ? Value(option, error)
            : missing.Length > 0 ? $"'{words}' needs {string.Join(", ", missing)}."
            : command.Subcommands.Count > 0 && command.Action is null
                ? $"'{words}' needs a command: {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}."
            : error.SymbolResult is ArgumentResult { Tokens.Count: > 0 } result
                ? NotOneOf(CommandWords.Of(result.Argument), result.Tokens[0].Value, Known(result.Argument))
            : error.Message;
    }

    private static string Unknown(string typed, Command command, string words)
    {
        bool isOption = typed.StartsWith('-');
        bool wantsCommand = !isOption && command.Subcommands.Count > 0;
        IEnumerable<string> names = isOption ? command.Options.Where(o => !o.Hidden).Select(o => o.Name).Append("--help")
            : wantsCommand ? command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)
            : [];
        string what = isOption ? $"'{words}' has no option '{typed}'."
            : wantsCommand ? $"'{words}' has no command '{typed}'."
            : $"'{words}' does not know what to do with '{typed}'.";
        return NearestName.Of(typed.Split('=', ':')[0], names) is { } near ? $"{what} Did you mean '{near}'?" : what;
    }

    private static string Value(OptionResult result, ParseError error)
    {
        Option option = result.Option;
        string[] given = [.. result.Tokens.Select(t => t.Value)];
        if (given.Length == 0 && option.Arity.MinimumNumberOfValues > 0)
        {
            return $"{option.Name} needs a value: {option.Description}.";
        }

        if (given.Length > option.Arity.MaximumNumberOfValues)
        {
            return $"{option.Name} may be given once.";
        }

        Type type = option.ValueType.GetElementType() ?? Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        string[] known = Known(option);
        if (known.Length > 0 && type != typeof(bool) && Array.Find(given, g => !known.Contains(g, StringComparer.Ordinal)) is { } unknown)
        {
            return NotOneOf(option.Name, unknown, known);
        }

        return type == typeof(int) && !given.All(g => int.TryParse(g, out _))
            ? $"{option.Name} '{string.Join(' ', given)}' is not a whole number." : error.Message;
    }

    private static OptionResult? OptionOf(SymbolResult? result)
    {
        while (result is not null and not OptionResult)
        {
            result = result.Parent;
        }

        return result as OptionResult;
    }

    private static string NotOneOf(string what, string given, string[] known)
    {
        string meant = NearestName.Of(given, known) is { } near ? $" Did you mean '{near}'?" : "";
        return $"{what} '{given}' is not one of {string.Join(", ", known)}.{meant}";
    }

    private static string[] Known(Symbol symbol) => [.. symbol.GetCompletions(CompletionContext.Empty).Select(c => c.Label)];
}
