using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>
/// The one log line of a finished rescan. Alerts and the workbook read it (infra/queries/outcomes.kql), so its words change
/// only together with that query. The repository's name stands last, as it may hold anything.
/// </summary>
public static partial class OutcomeLog
{
    /// <summary>Says how a rescan ended; once a rescan, after its outcome has been recorded.</summary>
    /// <param name="log">Where to; Information must be enabled.</param>
    /// <param name="outcome">What was recorded.</param>
    public static void RescanEnded(this ILogger log, RescanOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        RequestCounts sent = outcome.Requests;
        LogLevel level = outcome.Outcome switch
        {
            Outcome.Succeeded or Outcome.Canceled => LogLevel.Information,
            Outcome.Warning => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        Ended(
            log,
            level,
            outcome.Outcome,
            outcome.Appliance,
            Math.Round(outcome.DurationSeconds, 1),
            outcome.Polls,
            sent.Token + sent.Repositories + sent.Rescan + sent.Session + sent.Log + sent.Stop + sent.Other,
            outcome.Id,
            outcome.SessionId ?? "none",
            outcome.Repository.Name);
    }

    [LoggerMessage(
        EventId = 1,
        EventName = nameof(RescanEnded),
        Message = "Rescan ended: outcome={Outcome} appliance={Appliance} seconds={Seconds} polls={Polls} requests={Requests} id={Id} "
            + "session={Session} repository={Repository}")]
    private static partial void Ended(
        ILogger log, LogLevel level, Outcome outcome, string appliance, double seconds, int polls, int requests, string id, string session,
        string repository);
}
