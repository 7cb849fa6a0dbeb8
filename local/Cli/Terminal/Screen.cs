using System.Globalization;
using Spectre.Console;

namespace Rescan.Local.Cli.Terminal;

/// <summary>Where text goes: a terminal of some width, or a pipe or file, which takes lines of any length.</summary>
/// <param name="Width">The terminal's columns; null when it is none.</param>
/// <param name="Console">How to write there.</param>
internal sealed record Screen(int? Width, IAnsiConsole Console)
{
    private const int UsualWidth = 80;
    private const int MinWidth = 20;
    private const int MaxWidth = 1000;

    // Spectre breaks lines at its own width, which a pipe has none of.
    private const int Endless = 100_000;

    private static readonly Lazy<Screen> StandardOutput = new(() => Of(System.Console.Out, System.Console.IsOutputRedirected));
    private static readonly Lazy<Screen> StandardError = new(() => Of(System.Console.Error, System.Console.IsErrorRedirected));

    public static Screen Out => StandardOutput.Value;

    public static Screen Error => StandardError.Value;

    /// <summary>Whether something can be drawn over again.</summary>
    public bool IsLive => Width is not null && Console.Profile.Capabilities.Interactive;

    /// <summary>Writes a text, each of its lines broken between words where a terminal ends.</summary>
    /// <param name="text">May hold text from outside.</param>
    /// <param name="indent">Blanks before each line but the first.</param>
    public void Say(string text, int indent = 0)
    {
        foreach (string line in Words.Lines(text))
        {
            string before = "";
            foreach (string part in Width is { } width ? Words.Wrap(line, Math.Max(10, width - indent)) : [line])
            {
                // What is drawn over again at the bottom must make room for the line.
                if (IsLive)
                {
                    Console.WriteLine(before + part);
                }
                else
                {
                    Console.Profile.Out.Writer.WriteLine(before + part);
                }

                before = new string(' ', indent);
            }
        }
    }

    /// <summary>A screen without colours that writes to <paramref name="writer"/>.</summary>
    public static Screen Plain(TextWriter writer, int? width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width ?? Endless;
        return new Screen(width, console);
    }

    /// <summary>The width that COLUMNS asks for, else the terminal's own.</summary>
    public static int WidthOf(string? columns, Func<int> terminal)
    {
        if (int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int asked) && asked > 0)
        {
            return Math.Clamp(asked, MinWidth, MaxWidth);
        }

        try
        {
            int width = terminal();
            return width > 0 ? Math.Clamp(width, MinWidth, MaxWidth) : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }

    private static Screen Of(TextWriter writer, bool redirected)
    {
        if (redirected)
        {
            return Plain(writer, null);
        }

        // A password may come from a file while a person watches. Only where a build server runs the command there is nobody.
        AnsiConsoleSettings settings = new() { Out = new AnsiConsoleOutput(writer), Interactive = InteractionSupport.Yes };
        if (Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
        {
            settings.ColorSystem = ColorSystemSupport.NoColors;
        }

        IAnsiConsole console = AnsiConsole.Create(settings);
        int width = WidthOf(Environment.GetEnvironmentVariable("COLUMNS"), () => System.Console.WindowWidth);
        console.Profile.Width = width;
        return new Screen(width, console);
    }
}
