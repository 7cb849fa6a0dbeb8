using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;

namespace Rescan.Tests.Unit.Notifications;

public sealed class InitiatorTextTests
{
    [Theory]
    [InlineData(InitiatorKind.Schedule, "nightly", "the schedule nightly")]
    [InlineData(InitiatorKind.Schedule, null, "the schedule")]
    [InlineData(InitiatorKind.Api, "night-shift", "night-shift")]
    [InlineData(InitiatorKind.Api, " ", "the HTTP API")]
    [InlineData(InitiatorKind.Webhook, "msg_1", "webhook message msg_1")]
    [InlineData(InitiatorKind.S3Event, null, "new objects in its bucket")]
    [InlineData(InitiatorKind.Run, "run-scheduled-nightly-20260504T013000Z", "a scheduled run")]
    [InlineData(InitiatorKind.Run, "run-1", "a run")]
    [InlineData(InitiatorKind.Command, "alice", "alice (rescan command)")]
    [InlineData(InitiatorKind.Retry, null, "a retry")]
    [InlineData(InitiatorKind.Api, "a\r\nb\u001b[31mc\u202e", "a b [31mc")]
    public void It_says_who_it_was(InitiatorKind kind, string? name, string text) =>
        Assert.Equal(text, InitiatorText.Of(new Initiator(kind, name)));

    [Fact]
    public void What_is_not_known_is_said_to_be_so() => Assert.Equal("not known", InitiatorText.Of(null));

    [Theory]
    [InlineData("alice", null, "alice")]
    [InlineData("alice", "bob", "alice")]
    [InlineData("root", "alice", "alice as root")]
    [InlineData("root", "root", "root")]
    [InlineData("root", " ", "root")]
    [InlineData("", null, null)]
    public void Of_root_by_sudo_it_is_who_became_root(string user, string? sudo, string? name) =>
        Assert.Equal(name, CommandUser.Name(user, sudo));
}
