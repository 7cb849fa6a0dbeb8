using System.CommandLine;
using Rescan.Local.Cli.Help;

namespace Rescan.Local.Cli;

/// <summary><c>./rescan package</c>, which a script beside the sources does, as <see cref="PublishCommand"/>.</summary>
internal static class PackageCommand
{
    public static readonly string[] Runtimes = ["linux-x64", "linux-arm64", "win-x64", "osx-arm64"];

    public static Command Create()
    {
        Argument<string[]> runtimes = new("RUNTIME")
        {
            Description = string.Join(", ", Runtimes) + "; all of them unless told", Arity = ArgumentArity.ZeroOrMore,
        };
        runtimes.CompletionSources.Add(Runtimes);
        Option<string?> published = new(
            "--published")
        { HelpName = "FOLDER", Description = "pack what was published before, for one RUNTIME" };
        Option<string?> to = new("--to") { HelpName = "FOLDER", Description = "where to, instead of artifacts/packages" };
        Command command = new DocumentedCommand("package", "Make packages: .deb, .tar.gz, .zip, checksums")
        {
            Details = "Done by the script ./rescan in the source folder, which writes artifacts/packages. The .deb is made for linux-x64 "
                + "and linux-arm64, by dpkg-deb.",
            Examples = ["./rescan package", "./rescan package linux-x64"],
        };
        command.Add(runtimes);
        command.Add(published);
        command.Add(to);
        command.SetAction((Func<ParseResult, int>)(_ => throw new CommandException(ExitCodes.Usage,
            "Packages are made of the sources: ./rescan package in the source folder.")));
        return command;
    }
}
