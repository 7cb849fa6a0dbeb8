using Rescan.Functions.Notifications;
using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Notifications;

/// <summary>Deliveries side by side, each with its own tries.</summary>
public sealed class NotificationOrchestrationTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_channel_that_is_away_is_tried_for_hours_and_holds_up_no_other()
    {
        List<(string Channel, DateTime At)> tries = [];
        ScriptedOrchestration script = null!;
        script = Script("slack", "mail").Answer(nameof(DeliverNotification), input =>
        {
            string channel = ((DeliverNotificationInput)input!).Channel;
            tries.Add((channel, script.CurrentUtcDateTime));
            return channel == "mail"
                ? new DeliveryResult(channel, true, "250") : new DeliveryResult(channel, false, "503") { MayRetry = true };
        });

        DeliveryResult[] results = await script.PlayAsync(NotificationOrchestration.RunAsync);

        Assert.Equal([false, true], results.Select(r => r.Delivered));
        Assert.Equal(Start.AddSeconds(1).UtcDateTime, Assert.Single(tries, t => t.Channel == "mail").At);
        Assert.Equal(8, tries.Count(t => t.Channel == "slack"));
        Assert.InRange(tries[^1].At - Start.UtcDateTime, TimeSpan.FromHours(3), TimeSpan.FromHours(5));
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task A_channel_that_refuses_for_good_is_not_tried_again()
    {
        ScriptedOrchestration script = Script("slack").Answer(nameof(DeliverNotification), _ => new DeliveryResult("slack", false, "404"));

        await script.PlayAsync(NotificationOrchestration.RunAsync);

        Assert.Equal([nameof(DeliverNotification)], script.Calls);
        Assert.Empty(script.Open);
    }

    [Fact]
    public async Task Nobody_to_tell_ends_at_once()
    {
        ScriptedOrchestration script = Script();

        Assert.Empty(await script.PlayAsync(NotificationOrchestration.RunAsync));

        Assert.Empty(script.Open);
    }

    private static ScriptedOrchestration Script(params string[] channels) =>
        new("notify-request", new NotificationRequest(new Notification("request"), channels), Start);
}
