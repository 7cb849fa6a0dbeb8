using Rescan.Local.Cli.Terminal;
using Spectre.Console;

namespace Rescan.Local.Cli.Init;

/// <summary>Asks a person at the terminal. Questions stand on stderr, as all that is no result.</summary>
/// <param name="console">The terminal.</param>
internal sealed class Questions(IAnsiConsole console)
{
    /// <summary>Whoever sits at this terminal; null when nobody does.</summary>
    public static Questions? OfTerminal() =>
        Console.IsInputRedirected || Screen.Error.Width is null ? null : new Questions(Screen.Error.Console);

    /// <param name="question">What is asked.</param>
    /// <param name="usual">What Enter alone means; null: nothing.</param>
    /// <param name="fault">What is wrong with an answer; null: nothing.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<string> AskAsync(string question, string? usual, Func<string, string?> fault, CancellationToken cancellationToken)
    {
        TextPrompt<string> prompt = new TextPrompt<string>(Shown(question))
            .Validate(answer => fault(answer.Trim()) is { } wrong ? ValidationResult.Error(Shown(wrong)) : ValidationResult.Success());
        return (await ShowAsync(usual is null ? prompt : prompt.DefaultValue(usual), cancellationToken)).Trim();
    }

    /// <summary>Asks for what must not be seen, and shows nothing of it, not even its length.</summary>
    public Task<string> AskSecretAsync(string question, CancellationToken cancellationToken) =>
        ShowAsync(new TextPrompt<string>(Shown(question)).Secret(null), cancellationToken);

    /// <summary>Enter alone means no.</summary>
    public Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken) =>
        ShowAsync(new ConfirmationPrompt(Shown(question)) { DefaultValue = false }, cancellationToken);

    public async Task<T> ChooseAsync<T>(string question, IEnumerable<T> choices, Func<T, string> name, CancellationToken cancellationToken)
        where T : notnull
    {
        SelectionPrompt<T> prompt = new SelectionPrompt<T>().Title(Shown(question)).AddChoices(choices).UseConverter(c => Shown(name(c)));
        T chosen = await ShowAsync(prompt, cancellationToken);

        // The list vanishes once something is chosen.
        console.MarkupLine($"{Shown(question)} {Shown(name(chosen))}");
        return chosen;
    }

    /// <summary>Interrupted, it leaves the cursor as it was, and what is said next a line of its own.</summary>
    private async Task<T> ShowAsync<T>(IPrompt<T> prompt, CancellationToken cancellationToken)
    {
        try
        {
            return await prompt.ShowAsync(console, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            console.Cursor.Show();
            console.WriteLine();
            throw;
        }
    }

    private static string Shown(string text) => Markup.Escape(Words.Line(text));
}
