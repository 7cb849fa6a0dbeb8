using Rescan.Functions.Configuration;

namespace Rescan.Functions.Notifications;

/// <summary>What a channel speaks.</summary>
internal enum ChannelKind
{
    /// <summary>JSON signed by Standard Webhooks.</summary>
    Webhook,

    /// <summary>Blocks for an incoming webhook of Slack.</summary>
    Slack,

    /// <summary>An Adaptive Card for a webhook of Microsoft Teams' Workflows.</summary>
    Teams,

    /// <summary>A message to a topic of ntfy.</summary>
    Ntfy,

    /// <summary>Alert events of PagerDuty's Events API v2.</summary>
    PagerDuty,

    /// <summary>Mail by SMTP.</summary>
    Mail,

    /// <summary>Pings of scheduled runs, by which silence is noticed.</summary>
    Ping,
}

/// <summary>A configured channel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it speaks.</param>
/// <param name="When">Which rescans it is told.</param>
/// <param name="Runs">Which runs it is told.</param>
/// <param name="Options">Its address and secrets.</param>
internal sealed record Channel(string Name, ChannelKind Kind, NotifyOn When, NotifyOn Runs, ChannelOptions Options)
{
    /// <summary>The channels of validated settings.</summary>
    public static IReadOnlyList<Channel> Of(NotificationOptions options) =>
        [.. options.Channels.Where(c => !c.IsBlank).Select(c => new Channel(
        c.NameOrKind, Enum.Parse<ChannelKind>(c.Kind, ignoreCase: true), Enum.Parse<NotifyOn>(c.When, ignoreCase: true),
        Enum.Parse<NotifyOn>(c.Runs, ignoreCase: true), c))];

    /// <summary>When it is told of what a notification is about: a rescan by itself, or a run and the appliances of one.</summary>
    public NotifyOn OccasionOf(Notification notification) => notification.Rescan is null ? Runs : When;
}
