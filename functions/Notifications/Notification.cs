using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>
/// What a channel is told: how one rescan ended, how a run did, or that an appliance keeps a run waiting. It travels in history, so it
/// holds nothing secret.
/// </summary>
/// <param name="RequestId">Identifies what is told; deliveries are remembered by it.</param>
public sealed record Notification(string RequestId)
{
    /// <summary>The rescan, without its log; null when it is about something else.</summary>
    public RescanOutcome? Rescan { get; init; }

    /// <summary>How the rescan of the same repository before this one ended, canceled ones passed over; null when there was none.</summary>
    public Outcome? Previous { get; init; }

    /// <summary>The run; null when it is about something else.</summary>
    public RunSummary? Run { get; init; }

    /// <summary>The appliance that keeps a run waiting; null when it is about something else.</summary>
    public ApplianceNotice? Appliance { get; init; }

    /// <summary>The scheduled run that has begun; null when it is about something else. Only pings are told.</summary>
    public RunStart? Started { get; init; }

    /// <summary>Whether the schedule started the run.</summary>
    public bool IsScheduled { get; init; }

    /// <summary>Whether it only tries the channel out.</summary>
    public bool IsTest { get; init; }
}
