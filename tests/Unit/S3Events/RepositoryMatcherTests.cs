using System.Text.Json;
using Rescan.Functions.Appliances.VeeamBackupForAws;
using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.S3Events;

public sealed class RepositoryMatcherTests
{
    [Theory]
    [InlineData("nightly", "nightly/vm-1/disk.vbk", true)]
    [InlineData("nightly", "Veeam/Backup/nightly/vm-1/disk.vbk", true)]
    [InlineData("/nightly/", "nightly/disk", true)]
    [InlineData("nightly", "nightly/", true)]
    [InlineData("team/nightly", "team/nightly/disk", true)]
    [InlineData("team//nightly", "Veeam/Backup/team/nightly/disk", true)]
    [InlineData("Veeam/Backup/nightly", "Veeam/Backup/nightly/disk", true)]
    [InlineData("Veeam", "Veeam/Backup/nightly/disk", true)]
    [InlineData("nightly", "nightly", false)]
    [InlineData("nightly", "nightly-2/disk", false)]
    [InlineData("nightly-2", "nightly/disk", false)]
    [InlineData("nightly", "Nightly/disk", false)]
    [InlineData("nightly", "other/nightly/disk", false)]
    [InlineData("nightly", "veeam/backup/nightly/disk", false)]
    [InlineData("nightly", "Veeam/nightly/disk", false)]
    [InlineData("nightly", "Veeam/Backup/other/nightly/disk", false)]
    [InlineData("nightly", "/nightly/disk", false)]
    [InlineData("nightly", "x/../nightly/disk", false)]
    [InlineData("team/nightly", "team/disk", false)]
    [InlineData("team/nightly", "team/nightly", false)]
    [InlineData(null, "anything", true)]
    [InlineData("", "any/thing", true)]
    public void A_folder_is_a_run_of_path_segments_at_the_start_of_the_key_or_under_Veeam_Backup(
        string? folder, string key, bool matches) =>
        Assert.Equal(matches, new RepositoryMatcher([Listed("one", "r1", "bucket", folder)]).Match("bucket", key).Count == 1);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bucket")]
    [InlineData("bucket2")]
    public void Another_bucket_or_none_does_not_match(string? bucket) =>
        Assert.Empty(new RepositoryMatcher([Listed("one", "r1", bucket, "nightly")]).Match("bucket", "nightly/disk"));

    [Fact]
    public void All_repositories_that_hold_the_object_are_found() => Assert.Equal(
        ["one/r1", "two/r2", "one/r4"],
        new RepositoryMatcher([
            Listed("one", "r1", "bucket", "team"), Listed("two", "r2", "bucket", "team"), Listed("one", "r3", "bucket", "team/weekly"),
            Listed("one", "r4", "bucket", "team/nightly")])
            .Match("bucket", "team/nightly/disk").Select(l => $"{l.Appliance}/{l.Repository.Id}"));

    private static ListedRepository Listed(string appliance, string id, string? bucket, string? folder) => new(
        appliance, JsonSerializer.SerializeToElement(
            new { id, name = id, amazonStorageFolder = folder, _embedded = new { bucket = new { name = bucket } } }).ToRepository());
}
