using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.S3Events;

public sealed class S3EventParserTests
{
    [Fact]
    public void An_EventBridge_event_gives_bucket_key_and_time() => Assert.Equal(
        [new S3Event("amzn-s3-demo-bucket1", "example-key", new(2021, 11, 12, 0, 0, 0, TimeSpan.Zero))],
        S3EventParser.Parse(Samples.EventBridge("amzn-s3-demo-bucket1", "example-key")));

    [Fact]
    public void EventBridge_keys_are_taken_as_they_are() =>
        Assert.Equal("a+b%20c d", Assert.Single(S3EventParser.Parse(Samples.EventBridge("b", "a+b%20c d"))).Key);

    [Fact]
    public void An_array_of_EventBridge_events_gives_each() =>
        Assert.Equal(
            ["one", "two"],
            S3EventParser.Parse($"[{Samples.EventBridge("b", "one")},{Samples.EventBridge("b", "two")}]").Select(e => e.Key));

    [Theory]
    [InlineData("Object Deleted", "aws.s3")]
    [InlineData("Object Access Tier Changed", "aws.s3")]
    [InlineData("Object Created", "my.app")]
    public void EventBridge_events_of_other_kinds_are_passed_over(string kind, string source) =>
        Assert.Empty(S3EventParser.Parse(Samples.EventBridge("b", "k", kind, source)));

    [Theory]
    [InlineData("Veeam/Backup/my+folder/disk%2B1.vbk", "Veeam/Backup/my folder/disk+1.vbk")]
    [InlineData("%E2%82%AC/%c3%bc", "€/ü")]
    [InlineData("100%", "100%")]
    [InlineData("plain", "plain")]
    public void Keys_of_notification_records_are_decoded(string sent, string key) => Assert.Equal(
        [new S3Event("amzn-s3-demo-bucket", key, new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero))],
        S3EventParser.Parse(Samples.Records(("ObjectCreated:Put", "amzn-s3-demo-bucket", sent))));

    [Fact]
    public void Records_of_other_kinds_are_passed_over() => Assert.Equal(
        ["a", "c", "d"],
        S3EventParser.Parse(Samples.Records(
            ("ObjectCreated:CompleteMultipartUpload", "b", "a"), ("ObjectRemoved:Delete", "b", "b"), ("ObjectCreated:Copy", "b", "c"),
            ("ObjectCreated:Post", "b", "d")))
            .Select(e => e.Key));

    [Fact]
    public void The_test_event_of_S3_is_passed_over() => Assert.Empty(S3EventParser.Parse(Samples.TestEvent));

    [Theory]
    [InlineData("\"not a time\"")]
    [InlineData("12")]
    [InlineData("null")]
    public void A_time_that_cannot_be_read_costs_no_event(string time) => Assert.Null(
        Assert.Single(
            S3EventParser.Parse(Samples.EventBridge("b", "k").Replace("\"2021-11-12T00:00:00Z\"", time, StringComparison.Ordinal))).Time);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("12")]
    [InlineData("\"x\"")]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("[[]]")]
    [InlineData("""{"Records":{}}""")]
    [InlineData("""{"Records":[{}]}""")]
    [InlineData("""{"Records":[null]}""")]
    [InlineData("""{"Records":[{"eventName":"ObjectCreated:Put"}]}""")]
    [InlineData("""{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":"b","object":"o"}}]}""")]
    [InlineData("""{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":""}}}]}""")]
    [InlineData("""{"source":"aws.s3","detail-type":"Object Created"}""")]
    [InlineData("""{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":7},"object":{"key":"k"}}}""")]
    [InlineData("""{"source":"aws.s3","source":"aws.s3"}""")]
    [InlineData("""{"source":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"source":"aws.s3"}""")]
    [InlineData("""{"source":1e999999}""")]
    public void Whatever_is_no_S3_event_is_a_format_error(string body) => Assert.Throws<FormatException>(() => S3EventParser.Parse(body));

    [Fact]
    public void Deep_nesting_is_a_format_error() =>
        Assert.Throws<FormatException>(() => S3EventParser.Parse(new string('[', 100_000)));
}
