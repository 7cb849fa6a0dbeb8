using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.RegularExpressions;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Completion;

/// <summary>What shells ask while somebody types: which words may come next, one a line, each with what it means after a tab.</summary>
internal static partial class CompleteCommand
{
    private const int MaxMeaning = 60;

    public const string Name = "__complete";

    public static Command Create(RootCommand root)
    {
        Argument<string> line = new("LINE");
        Command command = new(Name) { line };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            foreach (CompletionItem item in Of(root, parse.GetValue(line)!))
            {
                Console.Out.WriteLine($"{item.Label}\t{Words.Cut(Words.Line(item.Detail ?? item.Documentation), MaxMeaning)}".TrimEnd());
            }
        });
        return command;
    }

    /// <param name="root">The command.</param>
    /// <param name="line">What has been typed up to the cursor, the command's own name first.</param>
    public static IEnumerable<CompletionItem> Of(RootCommand root, string line)
    {
        string[] parts = line.TrimStart().Split([' ', '\t'], 2);
        if (parts.Length < 2)
        {
            return [];
        }

        // Shells take what follows a = as a word of its own.
        string typed = ValueAfterEquals().Replace(parts[1], "$1 ");
        string word = typed[(typed.LastIndexOfAny([' ', '\t']) + 1)..].TrimStart('"', '\'');

        // A letter or a slash is no help to somebody who looks for a word.
        return root.Parse(typed).GetCompletions(typed.Length)
            .Where(c => c.Label.StartsWith(word, StringComparison.OrdinalIgnoreCase) && c.Label == Words.Line(c.Label)
                && !c.Label.StartsWith('/'))
            .Where(c => !c.Label.StartsWith('-') || (c.Label.StartsWith("--", StringComparison.Ordinal) && word.StartsWith('-')))
            .DistinctBy(c => c.Label);
    }

    [GeneratedRegex(@"(?<=^|\s)(--[\w-]+)=(?=\S*$)", RegexOptions.CultureInvariant)]
    private static partial Regex ValueAfterEquals();
}
