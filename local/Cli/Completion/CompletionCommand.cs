using System.CommandLine;
using Rescan.Local.Cli.Help;

namespace Rescan.Local.Cli.Completion;

/// <summary><c>rescan completion</c>: what a shell needs to complete the command's words.</summary>
internal static class CompletionCommand
{
    public static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create()
    {
        Argument<string> shell = new Argument<string>("SHELL") { Description = string.Join(", ", Shells[..^1]) + " or " + Shells[^1] };
        shell.AcceptOnlyFromAmong(Shells);
        Command command = new DocumentedCommand("completion", "Print what a shell needs to complete commands")
        {
            Details = "It completes commands, options, and the names of appliances and repositories.",
            Examples =
            [
                "source <(rescan completion bash)          # in ~/.bashrc",
                "source <(rescan completion zsh)           # in ~/.zshrc, after compinit",
                "rescan completion fish > ~/.config/fish/completions/rescan.fish",
                "rescan completion pwsh | Out-String | Invoke-Expression   # in $PROFILE",
            ],
        };
        command.Add(shell);
        command.SetAction(parse => Console.Out.Write(Script(parse.GetValue(shell)!)));
        return command;
    }

    public static string Script(string shell)
    {
        using Stream script = typeof(CompletionCommand).Assembly.GetManifestResourceStream("rescan." + shell)!;
        using StreamReader reader = new(script);
        return reader.ReadToEnd();
    }
}
