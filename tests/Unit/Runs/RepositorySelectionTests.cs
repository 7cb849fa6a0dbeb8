using Rescan.Functions.Appliances;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Tests.Unit.Runs;

public sealed class RepositorySelectionTests
{
    private static readonly Repository Archive = new("2", "archive", "acme-archive", "old/");
    private static readonly Repository Prod = new("1", "Prod-EU", "acme-eu", "prod");
    private static readonly Repository Tape = new("3", "prod-tape", null, null) { LeftOutOfRuns = "a tape is no object storage" };

    [Fact]
    public void All_are_taken_in_the_order_of_names_each_once_but_for_those_that_runs_leave_out()
    {
        RepositorySelection selection = RepositorySelection.Of([Prod, Tape, Archive, Prod], RunFilter.Of(null));

        Assert.Equal([Prod, Archive], selection.Taken);
        Assert.Equal([new LeftOutRepository(Tape, "a tape is no object storage", Fits: true)], selection.LeftOut);
        Assert.Equal(
            ["one: left out prod-tape (a tape is no object storage). Name it in full to have it rescanned."], selection.Warnings("one"));
    }

    [Theory]
    [InlineData("prod-*", null, null, null, "its name is not like 'prod-*'")]
    [InlineData(null, "arch*", null, null, "its name is like 'arch*', which is excluded")]
    [InlineData(null, null, "Acme-archive", null, "its bucket is 'acme-archive', not 'Acme-archive'")]
    [InlineData(null, null, null, "new", "its folder is 'old', not 'new'")]
    [InlineData("ARCH*", "prod-*", "acme-archive", "/old", null)]
    public void What_does_not_fit_is_left_out_with_the_condition(
        string? include, string? exclude, string? bucket, string? folder, string? why)
    {
        RunFilter filter = RunFilter.Of(
            new RepositoryFilter(include is null ? null : [include], exclude is null ? null : [exclude], bucket, folder));

        RepositorySelection selection = RepositorySelection.Of([Archive], filter);

        Assert.Equal(why, selection.LeftOut.SingleOrDefault()?.Reason);
        Assert.Equal(why is null, filter.Takes(Archive));
        Assert.Empty(selection.Warnings("one"));
    }

    [Fact]
    public void One_that_runs_leave_out_is_taken_where_its_whole_name_is_given()
    {
        Assert.Equal([Tape], RepositorySelection.Of([Tape], RunFilter.Of(new RepositoryFilter(["Prod-Tape"]))).Taken);
        Assert.Empty(RepositorySelection.Of([Tape], RunFilter.Of(new RepositoryFilter(["prod-t*"]))).Taken);
        Assert.Equal(
            "its bucket is not told, not 'acme'",
            RepositorySelection.Of([Tape], RunFilter.Of(new RepositoryFilter(Bucket: "acme"))).LeftOut[0].Reason);
    }
}
