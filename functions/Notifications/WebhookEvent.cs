using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>An event in the form that Standard Webhooks recommends: type, the time it happened, data.</summary>
internal static class WebhookEvent
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static byte[] Write(Notification notification, NotificationText text) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Type = notification.IsTest ? "test" : notification.Run is not null ? "run.ended" : "rescan.ended",
            Timestamp = (notification.Run?.FinishedAt ?? notification.Rescan!.FinishedAt).UtcDateTime,
            Data = notification.Run is { } run ? Of(notification, text, run) : Of(notification, text, notification.Rescan!),
        },
        Json);

    private static object Of(Notification notification, NotificationText text, RescanOutcome rescan) => new
    {
        notification.RequestId, Summary = text.Line, text.Next, text.Link,
        rescan.Id, rescan.Appliance, rescan.Repository, rescan.SessionId, rescan.Outcome, PreviousOutcome = notification.Previous,
        Reason = rescan.Reason is { } reason ? SafeText.Line(reason) : null, rescan.StartedAt, rescan.FinishedAt, rescan.DurationSeconds, rescan.Polls, rescan.Requests,
    };

    private static object Of(Notification notification, NotificationText text, RunSummary run) => new
    {
        notification.RequestId, Summary = text.Line, text.Next, text.Link,
        run.Id, run.StartedAt, run.FinishedAt, run.Repositories, run.Failed, run.Counts, run.Problems, run.Errors,
    };
}
