using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Rescan.Functions.Notifications;

/// <summary>Input of <see cref="NotificationOrchestration"/>.</summary>
/// <param name="Notification">What is told.</param>
/// <param name="Channels">Names of the channels that are told.</param>
public sealed record NotificationRequest(Notification Notification, IReadOnlyList<string> Channels);

/// <summary>Tells channels how a rescan or a run ended: side by side, each tried for about four hours, then given up and logged.</summary>
public static class NotificationOrchestration
{
    /// <summary>What the instance ids of all notifications begin with.</summary>
    public const string InstanceIdPrefix = "notify-";

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(80), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(21),
        TimeSpan.FromMinutes(85),
        TimeSpan.FromHours(2),
    ];

    /// <summary>Starting to tell needs the outcome store and the task hub; a rescan waits for them a minute and a half at most.</summary>
    private static readonly TaskOptions Briefly = TaskOptions.FromRetryPolicy(
        new RetryPolicy(5, TimeSpan.FromSeconds(5), 2, TimeSpan.FromMinutes(1)));

    /// <summary>The instance id of a request's notification.</summary>
    public static string InstanceIdOf(string requestId) => InstanceIdPrefix + requestId;

    /// <summary>Tells the channels.</summary>
    /// <param name="context">The durable context; its input is a <see cref="NotificationRequest"/>.</param>
    [Function(nameof(NotificationOrchestration))]
    public static async Task<DeliveryResult[]> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        NotificationRequest request = context.GetInput<NotificationRequest>()!;
        DeliveryResult[] results = await Task.WhenAll(request.Channels.Select(c => DeliverAsync(context, request.Notification, c)));
        foreach (DeliveryResult result in results.Where(r => !r.Delivered))
        {
            context.CreateReplaySafeLogger(typeof(NotificationOrchestration))
                .Undelivered(result.Channel, request.Notification.RequestId, result.Detail);
        }

        return results;
    }

    /// <summary>Begins to tell, from another orchestration, which never fails for it.</summary>
    internal static async Task BeginAsync(TaskOrchestrationContext context, Notification notification)
    {
        try
        {
            await context.CallActivityAsync(nameof(Notify), notification, Briefly);
        }
        catch (TaskFailedException e)
        {
            context.CreateReplaySafeLogger(typeof(NotificationOrchestration))
                .NotStarted(notification.RequestId, e.FailureDetails.ErrorMessage);
        }
    }

    private static async Task<DeliveryResult> DeliverAsync(TaskOrchestrationContext context, Notification notification, string channel)
    {
        DeliveryResult result = await TryAsync(context, notification, channel);
        foreach (TimeSpan pause in Pauses)
        {
            if (!result.MayRetry)
            {
                break;
            }

            context.CreateReplaySafeLogger(typeof(NotificationOrchestration))
                .NotYetDelivered(channel, notification.RequestId, pause, result.Detail);
            await context.CreateTimer(pause, CancellationToken.None);
            result = await TryAsync(context, notification, channel);
        }

        return result;
    }

    private static async Task<DeliveryResult> TryAsync(TaskOrchestrationContext context, Notification notification, string channel)
    {
        try
        {
            return await context.CallActivityAsync<DeliveryResult>(
                nameof(DeliverNotification), new DeliverNotificationInput(notification, channel));
        }
        catch (TaskFailedException e)
        {
            return new DeliveryResult(channel, false, e.FailureDetails.ErrorMessage) { MayRetry = true };
        }
    }
}
