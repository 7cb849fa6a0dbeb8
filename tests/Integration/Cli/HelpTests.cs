using System.CommandLine;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Help;

namespace Rescan.Tests.Integration.Cli;

/// <summary>Help as people read it.</summary>
public sealed class HelpTests
{
    [Fact]
    public async Task The_list_has_every_command_on_one_line_in_groups()
    {
        Ended ended = await RescanProcess.RunAsync(["--help"]);

        Assert.Equal((0, ""), (ended.Exit, ended.Error));
        Assert.Equal("""
            Asks Veeam servers to rescan their object storage repositories, and watches each
            rescan to its end.

            Usage:
              rescan COMMAND [options]

            Try it, with no appliance:
              demo                Watch a rescan of a simulated appliance
              simulate            Serve a simulated appliance until Ctrl-C

            Rescan:
              init                Set up an appliance: ask, sign in, write the settings
              check               Check that an appliance can be reached and rescanned
              repositories        List an appliance's repositories
              run                 Rescan one repository and follow it to its end
              serve               Serve the API, the status page and the nightly run
              start [REPOSITORY]  Have a server rescan repositories now
              cancel ID           Cancel a rescan and stop its session
              rerun [RUN]         Rescan again what failed in a run
              pause               Begin no scheduled run until a time
              resume              End a pause before its time

            Look:
              status              Show what runs now and how each repository stands
              plan                Show what the next scheduled run would rescan
              history             List how rescans ended, newest first
              log ID              Print a rescan's session log
              report              Report how the rescans of the last days went

            Look after it:
              settings            Check the settings that serve would take
              state               Export, import or prune what is kept
              notify              Send a sample notification to every channel
              publish [RUNTIME]   Make rescan one file that runs without .NET
              package [RUNTIME]   Make packages: .deb, .tar.gz, .zip, checksums
              completion SHELL    Print what a shell needs to complete commands

            A command's own help has its options and examples: rescan run --help. The
            version: rescan --version.

            """, ended.Out);
    }

    [Fact]
    public void Every_help_fits_its_screen_and_has_an_example()
    {
        RootCommand root = RescanCommand.Create();
        HelpScreen help = (HelpScreen)root.Options.Single(o => o.Name == "--help").Action!;

        Assert.All(All(root), command =>
        {
            Assert.All((int[])[80, 100], width => Assert.All(help.Lines(command, width), l =>
                Assert.True(l.Length <= width, $"{command.Name}: {l}")));
            string[] lines = [.. help.Lines(command, 80)];
            Assert.All(command.Options.Where(o => !o.Hidden), o =>
                Assert.Contains(lines, l => l.Contains(o.Name, StringComparison.Ordinal)));
            Assert.True(command.Subcommands.Count > 0 || lines.Contains("Examples:"), command.Name);
            Assert.All(lines, l => Assert.DoesNotContain("System.", l, StringComparison.Ordinal));
        });
    }

    /// <summary>An example that does not parse teaches nothing.</summary>
    [Fact]
    public void Every_example_is_a_command_line_that_parses()
    {
        RootCommand root = RescanCommand.Create();
        string[] examples =
        [
            .. All(root).OfType<DocumentedCommand>().SelectMany(c =>
                string.Join('\n', c.Examples).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
                .Where(e => e.Length > 0 && !e.Contains("curl", StringComparison.Ordinal))
                    .Select(e => e[e.IndexOf("rescan ", StringComparison.Ordinal)..]),
        ];

        Assert.NotEmpty(examples);
        Assert.All(examples, e => Assert.Empty(root.Parse(e["rescan ".Length..].Split([" <", " >", " |", " #", ")"],
            StringSplitOptions.None)[0]).Errors));
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.Where(c => !c.Hidden).SelectMany(All).Prepend(command);
}
