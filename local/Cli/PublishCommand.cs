using System.CommandLine;
using Rescan.Local.Cli.Help;

namespace Rescan.Local.Cli;

/// <summary><c>./rescan publish</c>, which the script beside the sources does: it is listed here, where commands are looked for.</summary>
internal static class PublishCommand
{
    public static Command Create()
    {
        Argument<string?> runtime = new(
            "RUNTIME")
        {
            Description = "linux-x64 unless told; or linux-arm64, linux-musl-x64, osx-arm64, win-x64",
            Arity = ArgumentArity.ZeroOrOne
        };
        runtime.CompletionSources.Add("linux-x64", "linux-arm64", "linux-musl-x64", "osx-arm64", "win-x64");
        Command command = new DocumentedCommand("publish", "Make rescan one file that runs without .NET")
        {
            Details = "Done by the script ./rescan in the source folder, which writes artifacts/publish/rescan.",
            Examples = ["./rescan publish", "./rescan publish linux-arm64"],
        };
        command.Add(runtime);
        command.SetAction((Func<ParseResult, int>)(_ => throw new CommandException(ExitCodes.Usage,
            "This is the published command already. To make another: ./rescan publish in the source folder.")));
        return command;
    }
}
