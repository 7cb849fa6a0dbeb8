using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>An event in the form that Standard Webhooks recommends: type, the time it happened, data.</summary>
internal static class WebhookEvent
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static byte[] Write(Notification notification, NotificationText text, ProblemChanges? changes = null)
    {
        (string type, DateTimeOffset time, object data) = notification switch
        {
            { Run: { } run } => ("run.ended", run.FinishedAt, Of(notification, text, run, changes)),
            { Appliance: { } appliance } => (TypeOf(appliance.Event), appliance.At, Of(notification, text, appliance)),
            _ => ("rescan.ended", notification.Rescan!.FinishedAt, Of(notification, text, notification.Rescan)),
        };
        return JsonSerializer.SerializeToUtf8Bytes(
            new { Type = notification.IsTest ? "test" : type, Timestamp = time.UtcDateTime, Data = data }, Json);
    }

    private static string TypeOf(ApplianceEvent what) => what switch
    {
        ApplianceEvent.DoesNotAnswer => "appliance.unreachable",
        ApplianceEvent.Refuses => "appliance.rejected",
        _ => "appliance.reachable",
    };

    private static object Of(Notification notification, NotificationText text, ApplianceNotice notice) => new
    {
        notification.RequestId, Summary = text.Line, text.Next, text.Link,
        notice.Appliance, notice.RunId, notice.Since, notice.Reason,
    };

    private static object Of(Notification notification, NotificationText text, RescanOutcome rescan) => new
    {
        notification.RequestId, Summary = text.Line, text.Next, text.Link,
        rescan.Id, rescan.Appliance, rescan.Repository, rescan.SessionId, rescan.Outcome, PreviousOutcome = notification.Previous,
        rescan.Reason, rescan.StartedAt, rescan.FinishedAt, rescan.DurationSeconds, rescan.Polls, rescan.Requests,
        rescan.StartedBy, rescan.CanceledBy,
    };

    private static object Of(Notification notification, NotificationText text, RunSummary run, ProblemChanges? changes) => new
    {
        notification.RequestId, Summary = text.Line, text.Next, text.Link,
        run.Id, run.StartedAt, run.FinishedAt, run.Repositories, run.Failed, run.Counts, run.Problems, run.Errors,
        run.Warnings, run.RescannedNothing, run.Tries, run.Mended, run.StartedBy, run.CanceledBy,
        New = changes?.Begun.Select(p => Of(p.Told)), Over = changes?.Over.Select(Of), Known = changes?.Lasting,
    };

    private static object Of(ToldProblem problem) => new { problem.Appliance, problem.Repository, problem.Since };
}
