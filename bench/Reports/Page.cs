namespace Rescan.Bench.Reports;

/// <summary>Pages of docs/ with sections that a bench writes and everything else that people write.</summary>
internal static class Page
{
    /// <summary>Prints a section and puts it between its marks on the page.</summary>
    /// <param name="page">The page's path.</param>
    /// <param name="name">The bench's name.</param>
    /// <param name="text">The section in Markdown.</param>
    /// <exception cref="InvalidOperationException">The page lacks the marks.</exception>
    public static void Write(string page, string name, string text)
    {
        Console.Write(text);
        string begin = $"<!-- written by bench: {name} -->";
        string end = $"<!-- end of {name} -->";
        string whole = File.ReadAllText(page);
        int from = whole.IndexOf(begin, StringComparison.Ordinal);
        int to = whole.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException($"{page} lacks the lines '{begin}' and '{end}' between which the section goes.");
        }

        File.WriteAllText(page, $"{whole[..from]}{begin}\n\n{text.Trim()}\n\n{whole[to..]}");
    }

    /// <summary>The folder docs/ of the clone that one stands in, or of the one that the program was built in.</summary>
    public static string Docs()
    {
        foreach (string start in (string[])[Directory.GetCurrentDirectory(), AppContext.BaseDirectory])
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Rescan.sln")))
                {
                    return Path.Combine(folder.FullName, "docs");
                }
            }
        }

        throw new InvalidOperationException("Stand in a clone of Rescan, or name its docs folder with --docs.");
    }
}
