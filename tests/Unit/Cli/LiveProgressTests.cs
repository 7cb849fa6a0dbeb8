using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Functions.Appliances;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Start;
using Spectre.Console;

namespace Rescan.Tests.Unit.Cli;

public sealed class LiveProgressTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 8, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "00:00")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(90_061, "25:01:01")]
    public void Hours_are_told(int seconds, string told) => Assert.Equal(told, LiveProgress.Elapsed(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("[red]not a colour[/no] [[")]
    [InlineData("\u001b[2Jcleared\u0007")]
    public async Task A_hostile_name_is_shown_as_text(string name)
    {
        StringWriter screen = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(screen),
        });
        console.Profile.Width = 80;

        await console.Status().StartAsync("starting", line =>
        {
            new LiveProgress(console, line, name + new string('x', 200)).Say("said");
            return Task.CompletedTask;
        });

        Assert.Contains("…: said", screen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[2J", screen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u0007', screen.ToString());
    }

    [Fact]
    public void A_run_is_one_line_with_what_matters_most_first()
    {
        RunView run = new(
            "run-1", RunStatus.Running, Now.AddMinutes(-2), null, null, null, null, new Dictionary<string, int>(),
            [Item("a", RunItemState.Ended, Outcome.Succeeded), Item("b", RunItemState.Ended, Outcome.Failed),
                Item("c\nd", RunItemState.Running, null), Item("e", RunItemState.Waiting, null)],
            [], [], []);

        Assert.Equal("2 of 4 ended · 02:00 · 1 went wrong · 1 under way: c d", RunLine.Of(run, Now));
        Assert.Equal("listing the repositories · 02:00", RunLine.Of(run with { Items = [] }, Now));
        Assert.Equal(
            "waiting for one: no answer · 02:00",
            RunLine.Of(run with { Items = [], Troubles = [new ApplianceTroubleView("one", "no answer", Now, Now, null)] }, Now));
    }

    private static RunItemView Item(string name, RunItemState state, Outcome? outcome) =>
        new("one", new RepositoryRef(name, name), state, "rescan-" + name, "r", false, outcome, 0, null, null);
}
