using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>Whose a session is, by the repositories that its log names.</summary>
internal enum SessionLogEvidence
{
    /// <summary>It names no repository, or several.</summary>
    None,

    /// <summary>It names this repository and no other.</summary>
    Ours,

    /// <summary>It names another repository and not this one.</summary>
    Theirs,
}

/// <summary>Reads evidence from logs.</summary>
internal static class SessionLogs
{
    /// <summary>Judges a log.</summary>
    public static SessionLogEvidence Judge(IEnumerable<SessionLogItem> log, string repositoryId, IReadOnlyList<Repository> repositories)
    {
        string text = string.Join('\n', log.Select(i => i.Message));
        bool ours = false;
        bool theirs = false;
        foreach (Repository repository in repositories.Where(r => Names(text, r.Name) || Names(text, r.Id)))
        {
            bool same = string.Equals(repository.Id, repositoryId, StringComparison.OrdinalIgnoreCase);
            (ours, theirs) = (ours || same, theirs || !same);
        }

        return ours == theirs ? SessionLogEvidence.None : ours ? SessionLogEvidence.Ours : SessionLogEvidence.Theirs;
    }

    /// <summary>Whether a text holds a name as a word of its own.</summary>
    public static bool Names(string text, string name)
    {
        if (name.Length == 0)
        {
            return false;
        }

        for (int at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase); at >= 0;
            at = text.IndexOf(name, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            bool begins = at == 0 || !IsPart(text[at - 1]);
            int after = at + name.Length;
            bool ends = after == text.Length || !IsPart(text[after])
                || (text[after] == '.' && (after + 1 == text.Length || char.IsWhiteSpace(text[after + 1])));
            if (begins && ends)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.';
}
