namespace Rescan.Local.Cli.Terminal;

/// <summary>A column of a table and how it gives way on a narrow screen.</summary>
/// <param name="Name">Its header.</param>
/// <param name="Fit">What it does when it has less room than it wants.</param>
/// <param name="Drop">The column with the highest number goes first; one with 0 stays.</param>
internal sealed record Column(string Name, Fit Fit, int Drop)
{
    /// <summary>The length of a short id, enough to tell repositories apart; and the least of it that commands take for the
    /// whole.</summary>
    public const int ShortId = 8;

    private const int LeastName = 16;
    private const int LeastText = 20;

    public static Column Value(string name, int drop = 0) => new(name, Fit.Whole, drop);

    public static Column Number(string name, int drop = 0) => new(name, Fit.Number, drop);

    public static Column NameOf(string name, int drop = 0) => new(name, Fit.Name, drop);

    public static Column Id(string name, int drop = 0) => new(name, Fit.Id, drop);

    /// <summary>Text from outside, of any length.</summary>
    public static Column Text(string name, int drop = 0) => new(name, Fit.Text, drop);

    /// <summary>How narrow it may get before another column goes instead.</summary>
    /// <param name="natural">The width of its widest cell.</param>
    /// <param name="cells">What stands in it.</param>
    public int Least(int natural, IReadOnlyCollection<string> cells) => Fit switch
    {
        Fit.Name => Math.Min(natural, LeastName),
        Fit.Text => Math.Min(natural, LeastText),
        Fit.Id => Math.Min(natural, Math.Max(Distinct(cells), Name.Length)),
        _ => natural,
    };

    /// <summary>How many letters tell the ids apart.</summary>
    private static int Distinct(IReadOnlyCollection<string> ids)
    {
        int letters = ShortId;
        int different = ids.Distinct().Count();
        while (ids.Select(i => Words.First(i, letters)).Distinct().Count() < different)
        {
            letters++;
        }

        return letters;
    }
}

/// <summary>What a column does when it has less room than it wants.</summary>
internal enum Fit
{
    /// <summary>It is whole or not there.</summary>
    Whole,

    /// <summary>As <see cref="Whole"/>, and stands to the right.</summary>
    Number,

    /// <summary>It is cut, but keeps enough to be recognised.</summary>
    Name,

    /// <summary>It keeps its first letters.</summary>
    Id,

    /// <summary>It takes what the others leave.</summary>
    Text,
}
