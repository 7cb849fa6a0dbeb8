using System.CommandLine;

namespace Rescan.Local.Cli.Help;

/// <summary>A command with what its own help tells.</summary>
/// <param name="name">The word to type.</param>
/// <param name="summary">One line: what it does.</param>
internal sealed class DocumentedCommand(string name, string summary) : Command(name, summary)
{
    /// <summary>What one line does not hold.</summary>
    public string Details { get; init; } = "";

    /// <summary>Lines as one would type them, at most 76 letters each.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    public IReadOnlyList<(string Code, string Meaning)> ExitCodes { get; init; } = [];
}

/// <summary>Commands that are listed together.</summary>
internal sealed record CommandGroup(string Title, IReadOnlyList<Command> Commands);
