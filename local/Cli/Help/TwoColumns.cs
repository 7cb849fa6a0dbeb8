using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Help;

/// <summary>Names with what they mean beside them, as help shows them.</summary>
internal static class TwoColumns
{
    private const int Gap = 2;
    private const int LeastMeaning = 30;

    /// <summary>Lines of at most <paramref name="width"/> cells. A name that is too long has a line of its own.</summary>
    public static IEnumerable<string> Of(IEnumerable<(string Name, string Meaning)> rows, int indent, int width)
    {
        (string Name, string Meaning)[] all = [.. rows];
        int most = Math.Max(8, Math.Min(width / 2, width - LeastMeaning) - indent - Gap);
        int names = all.Select(r => Words.Width(r.Name)).Where(n => n <= most).DefaultIfEmpty(8).Max();
        string blank = new(' ', indent + names + Gap);
        foreach ((string name, string meaning) in all)
        {
            string before = new string(' ', indent) + name;
            if (Words.Width(name) > names)
            {
                yield return before;
                before = "";
            }

            foreach (string line in Words.Wrap(meaning, width - blank.Length))
            {
                yield return (before.PadRight(blank.Length) + line).TrimEnd();
                before = "";
            }
        }
    }
}
