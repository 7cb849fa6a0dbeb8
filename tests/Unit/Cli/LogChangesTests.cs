using Rescan.Functions.Appliances;
using Rescan.Local.Cli;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Cli;

public sealed class LogChangesTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_appears_and_what_changes_in_place_is_new_and_nothing_else()
    {
        LogChanges changes = new();

        Assert.Equal(["Reading"], Messages(changes.Take([Item(0, "Running", "Reading")])));
        Assert.Empty(changes.Take([Item(0, "Running", "Reading")]));
        Assert.Equal(
            ["Reading", "Importing 1 of 9"],
            Messages(changes.Take([Item(0, "Success", "Reading"), Item(1, "Running", "Importing 1 of 9")])));
        Assert.Equal(["Importing 2 of 9"], Messages(changes.Take([Item(0, "Success", "Reading"), Item(1, "Running", "Importing 2 of 9")])));
    }

    [Fact]
    public void Equal_items_are_told_apart_by_their_number()
    {
        LogChanges changes = new();
        changes.Take([Item(0, "Success", "Retry")]);

        Assert.Single(changes.Take([Item(0, "Success", "Retry"), Item(0, "Success", "Retry")]));
    }

    [Fact]
    public void Findings_are_the_telling_lines_else_the_last()
    {
        Assert.Equal(
            ["Found 4 policies", "2 could not be read"],
            Messages(Findings.Of(
                [Item(0, "Success", "Connecting"), Item(1, "Success", "Found 4 policies"), Item(2, "Warning", "2 could not be read")])));
        Assert.Equal(["Done"], Messages(Findings.Of([Item(0, "Success", "Connecting"), Item(1, "Success", "Done")])));
        Assert.Empty(Findings.Of([]));
    }

    private static SessionLogItem Item(int second, string status, string message) => new(Start.AddSeconds(second), status, message);

    private static IEnumerable<string> Messages(IEnumerable<SessionLogItem> items) => items.Select(i => i.Message);
}
