using System.Text.Json;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Tests.Unit.Rescans;

/// <summary>What a cancel carries, and what is read of one that somebody sent by hand.</summary>
public sealed class RescanCancelTests
{
    [Fact]
    public void It_carries_who_asks()
    {
        RescanCancel cancel = new("enough", "request") { By = new Initiator(InitiatorKind.Api, "night-shift") };

        Assert.Equal(cancel, JsonSerializer.Deserialize<RescanCancel>(JsonSerializer.Serialize(cancel)));
        Assert.Equal(
            cancel with { By = null }, JsonSerializer.Deserialize<RescanCancel>(JsonSerializer.Serialize(cancel with { By = null })));
    }

    [Theory]
    [InlineData("\"enough\"", "enough")]
    [InlineData("""{"reason":"enough","by":"me"}""", "enough")]
    [InlineData("""{"reason":"enough","by":{"kind":"Nobody","name":"x"}}""", "enough")]
    [InlineData("""{"reason":"enough","by":{"kind":"99"}}""", "enough")]
    [InlineData("""{"reason":"enough","by":{"name":7}}""", "enough")]
    [InlineData("""[{"by":null}]""", null)]
    [InlineData("null", null)]
    public void One_sent_by_hand_is_read_as_far_as_it_goes(string json, string? reason) =>
        Assert.Equal(new RescanCancel(reason), JsonSerializer.Deserialize<RescanCancel>(json));

    [Fact]
    public void The_first_who_cancels_is_the_one_told()
    {
        Initiator first = new(InitiatorKind.Api, "alice");
        RescanState state = new() { RequestId = "r", StartedAt = DateTimeOffset.UnixEpoch };

        RescanState canceled = state.WithCancel("enough", first).WithCancel("too", new Initiator(InitiatorKind.Api, "bob"));

        Assert.Equal(("enough", first), (canceled.CancelReason, canceled.CanceledBy));
        Assert.Null(state.WithCancel(null).WithCancel("too", first).CanceledBy);
    }
}
