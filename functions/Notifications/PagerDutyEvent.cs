using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>
/// Alert events for PagerDuty's Events API v2: one alert for each repository or appliance that has a problem, opened when the problem
/// begins and
/// resolved when it is over. The deduplication key names what has the problem, so a repeat opens no second alert.
/// </summary>
internal static class PagerDutyEvent
{
    /// <summary>Where events go unless the channel has an address, as accounts in the EU need.</summary>
    public static readonly Uri Usual = new("https://events.pagerduty.com/v2/enqueue");

    private const int MaxSummary = 1024;
    private const int MaxKey = 255;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Opens the alert of a problem, or says again that it is open.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="text">The notification that tells it.</param>
    /// <param name="isTest">Whether it only tries the channel out.</param>
    /// <param name="routingKey">The integration key.</param>
    public static byte[] Trigger(Problem problem, NotificationText text, bool isTest, string routingKey)
    {
        ToldProblem told = problem.Told;
        Dictionary<string, string> details = text.Facts.DistinctBy(f => f.Name).ToDictionary(f => f.Name, f => f.Value);
        if (problem.Reason is { } reason)
        {
            details["Why"] = reason;
        }

        string? next = !isTest && problem.Outcome is { } outcome ? RescanAdvice.For(outcome) : text.Next;
        if (next is not null)
        {
            details["What to do"] = next;
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                RoutingKey = routingKey,
                EventAction = "trigger",
                DedupKey = KeyOf(told),
                Client = "Rescan",
                ClientUrl = text.Link?.AbsoluteUri,
                Links = text.Link is { } link ? new[] { new { Href = link.AbsoluteUri, Text = "Status page" } } : null,
                Payload = new
                {
                    Summary = SafeText.Line(
                        $"{(isTest ? "Test: " : "")}{TitleOf(problem)}: {Problem.NameOf(told)}{(problem.Reason is { } why ? ". " + why : "")}", MaxSummary),
                    Source = told.Appliance.Length > 0 ? told.Appliance : "rescan",
                    Severity = isTest ? "info" : SeverityOf(problem),
                    Timestamp = told.Since.UtcDateTime,
                    Component = told.Repository is { } repository ? SafeText.Line(repository.Name) : null,
                    Group = told.Appliance.Length > 0 ? told.Appliance : null,
                    Class = problem.Outcome?.ToString() ?? "Appliance",
                    CustomDetails = details,
                },
            },
            Json);
    }

    /// <summary>Closes the alert of a problem; one that is not open stays as it is.</summary>
    public static byte[] Resolve(ToldProblem told, string routingKey) =>
        JsonSerializer.SerializeToUtf8Bytes(new { RoutingKey = routingKey, EventAction = "resolve", DedupKey = KeyOf(told) }, Json);

    private static string KeyOf(ToldProblem told)
    {
        string key = "rescan/" + told.Id;
        return key.Length <= MaxKey ? key : "rescan/" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(told.Id)));
    }

    private static string TitleOf(Problem problem) =>
        problem.Outcome is { } outcome ? NotificationText.TitleOf(outcome)
        : problem.Told.Repository is not null ? "Rescan without an outcome"
        : problem.Told.Appliance.Length > 0 ? "Appliance cannot be rescanned"
        : "Run rescanned nothing";

    /// <summary>Critical where a whole appliance is concerned; a rescan that outlasts its deadline may still end well.</summary>
    private static string SeverityOf(Problem problem) => problem.Outcome switch
    {
        Outcome.Unreachable or Outcome.Rejected => "critical",
        Outcome.TimedOut => "warning",
        null when problem.Told is { Repository: null, Appliance.Length: > 0 } => "critical",
        null when problem.Told.Appliance.Length == 0 => "warning",
        _ => "error",
    };
}
