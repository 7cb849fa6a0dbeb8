using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <inheritdoc cref="INotifier"/>
/// <param name="options">The settings.</param>
/// <param name="sender">Posts.</param>
/// <param name="outcomes">Keeps past outcomes.</param>
/// <param name="deliveries">Keeps deliveries.</param>
/// <param name="runs">Keeps past runs.</param>
/// <param name="problems">Knows which problems a channel has been told of.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class Notifier(
    IOptions<RescanOptions> options, NotificationSender sender, OutcomeStore outcomes, DeliveryStore deliveries, RunStore runs,
    ProblemBook problems, TimeProvider time, ILogger<Notifier> log) : INotifier
{
    private const int LookBack = 5;

    private readonly IReadOnlyList<Channel> channels = Channel.Of(options.Value.Notifications);

    /// <inheritdoc/>
    public async Task<(Notification Notification, IReadOnlyList<string> Channels)> ChooseAsync(
        Notification notification, CancellationToken cancellationToken)
    {
        if (channels.Count == 0)
        {
            return (notification, []);
        }

        if (notification.Rescan is { } rescan)
        {
            Outcome? previous = (await PreviousAsync([rescan.Id], rescan.FinishedAt, cancellationToken))
                .TryGetValue(rescan.Id, out Outcome known) ? known : null;
            notification = notification with { Previous = previous };
        }

        bool changed = notification.Run is { } run && channels.Any(c => c.Runs == NotifyOn.Change)
            && await ChangedAsync(run, cancellationToken);
        List<string> chosen = [];
        foreach (Channel channel in channels)
        {
            if (channel.Kind == ChannelKind.Ping || notification.Started is not null
                ? channel.Kind == ChannelKind.Ping
                    && (notification.Started is not null || notification is { Run: not null, IsScheduled: true })
                : channel.OccasionOf(notification) == NotifyOn.Failure
                ? IsNews(channel, notification, await problems.ChangesAsync(channel.Name, notification, cancellationToken))
                : Includes(channel.OccasionOf(notification), notification, changed))
            {
                chosen.Add(channel.Name);
            }
        }

        return (notification, chosen);
    }

    /// <inheritdoc/>
    public async Task<DeliveryResult> DeliverAsync(string channel, Notification notification, CancellationToken cancellationToken)
    {
        using IDisposable? scope = NotificationScope.Begin(log, channel, notification);
        if (channels.FirstOrDefault(c => string.Equals(c.Name, channel, StringComparison.OrdinalIgnoreCase)) is not { } configured)
        {
            return new DeliveryResult(channel, false, "it is no longer configured");
        }

        if (await deliveries.IsDeliveredAsync(notification.RequestId, configured.Name, cancellationToken))
        {
            return new DeliveryResult(channel, true, "told before");
        }

        // A start that is told after the end would wait for another end.
        if (notification.Started is { } started && (await runs.GetRunAsync(started.RunId, cancellationToken))?.FinishedAt is not null)
        {
            return new DeliveryResult(channel, false, "the run has ended meanwhile");
        }

        // Others may have told it since it was chosen.
        ProblemChanges? changes = configured.Kind != ChannelKind.Ping && configured.OccasionOf(notification) == NotifyOn.Failure
            ? await problems.ChangesAsync(configured.Name, notification, cancellationToken)
            : null;
        if (changes is not null && !IsNews(configured, notification, changes))
        {
            return new DeliveryResult(channel, true, "nothing that it does not know");
        }

        DateTimeOffset now = time.GetUtcNow();
        DeliveryResult result = await sender.SendAsync(
            configured, notification, changes, (told, isOver) => deliveries.RecordProblemAsync(
                configured.Name, told with { ToldAt = now }, isOver, cancellationToken), cancellationToken);
        if (result.Delivered && await deliveries.TryRecordDeliveryAsync(
            notification.RequestId, configured.Name, now, [.. (changes?.Begun ?? []).Select(p => p.Told with { ToldAt = now })],
            changes?.Over ?? [], cancellationToken))
        {
            log.Delivered(configured.Name, notification.RequestId, result.Detail);
        }

        return result;
    }

    /// <summary>
    /// Whether there is something to tell; what a retry has mended was never told, so that it is worth a word. An alert is not.
    /// </summary>
    private static bool IsNews(Channel channel, Notification notification, ProblemChanges changes) =>
        changes.Any || (notification.Run is { Mended: > 0 } && channel.Kind != ChannelKind.PagerDuty);

    private static bool Includes(NotifyOn occasion, Notification notification, bool changed) => notification switch
    {
        { Rescan: { } rescan } => occasion.Includes(rescan.Outcome, notification.Previous),

        // An appliance that keeps a run waiting concerns everybody who would be told of the run's failure.
        { Appliance: not null } => occasion != NotifyOn.Never,
        { Run: { } run } => occasion switch
        {
            NotifyOn.Never => false,
            NotifyOn.Failure or NotifyOn.Every => run.HasFailed,
            NotifyOn.Change => changed,
            _ => true,
        },
        _ => false,
    };

    /// <summary>Whether other repositories or appliances went wrong than in the run before, or there is another warning.</summary>
    private async Task<bool> ChangedAsync(RunSummary run, CancellationToken cancellationToken)
    {
        RunRecordPage recent = await runs.ListRunsAsync(LookBack, null, cancellationToken);
        if (recent.Items.FirstOrDefault(
            r => r.Id != run.Id && r.FinishedAt <= run.StartedAt
            && r.Status is RunStatus.Completed or RunStatus.TimedOut) is not { } before)
        {
            return run.HasFailed || run.Warnings.Count > 0;
        }

        RunSummary previous = (await RunTries.ReadAsync(runs, before, cancellationToken)).Summarize();
        return previous.Failed != run.Failed
            || previous.RescannedNothing != run.RescannedNothing
            || !Names(previous).SetEquals(Names(run))
            || !previous.Warnings.ToHashSet(StringComparer.Ordinal).SetEquals(run.Warnings);
    }

    /// <summary>What went wrong in a run: repositories by appliance and id, and appliances, which an error begins with.</summary>
    private static HashSet<string> Names(RunSummary run) =>
        [.. run.Problems.Select(p => $"{p.Appliance}/{p.Repository.Id}".ToLowerInvariant()), .. run.Errors.Select(e => e.Split(':', 2)[0])];

    /// <summary>How each instance's rescan before a time ended, canceled ones passed over.</summary>
    private async Task<IReadOnlyDictionary<string, Outcome>> PreviousAsync(
        string[] instanceIds, DateTimeOffset before, CancellationToken cancellationToken)
    {
        Dictionary<string, Outcome> previous = new(StringComparer.Ordinal);
        foreach ((string id, IReadOnlyList<OutcomePoint> history) in await outcomes.GetHistoryAsync(
            instanceIds, LookBack, cancellationToken))
        {
            if (history.LastOrDefault(p => p.FinishedAt < before && p.Outcome != Outcome.Canceled) is { } point)
            {
                previous[id] = point.Outcome;
            }
        }

        return previous;
    }
}
