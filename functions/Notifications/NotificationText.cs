using System.Globalization;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>A notification in words, for the formats that people read. Every part may hold text from outside, so each format writes it as plain text.</summary>
/// <param name="Severity">What it means.</param>
/// <param name="Title">What happened, in our own words.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="Facts">Name and value, most important first.</param>
/// <param name="Problems">What went wrong in a run, one line each.</param>
/// <param name="Next">What to do next; null when nothing is.</param>
/// <param name="Link">The status page; null when its address is not known.</param>
internal sealed record NotificationText(
    Severity Severity, string Title, string Subject, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<string> Problems, string? Next, Uri? Link)
{
    private const int MaxValue = 600;
    private const int MaxName = 150;
    private const int MaxListed = 10;

    /// <summary>One line that says it all.</summary>
    public string Line => $"{Title}: {Subject}";

    public static NotificationText Of(Notification notification, Uri? publicUrl) =>
        notification.Run is { } run ? OfRun(run, publicUrl) : OfRescan(notification, notification.Rescan!, publicUrl);

    private static NotificationText OfRescan(Notification notification, RescanOutcome rescan, Uri? publicUrl)
    {
        List<(string, string)> facts =
        [
            ("Repository", SafeText.Line(rescan.Repository.Name, MaxName)),
            ("Appliance", rescan.Appliance),
            ("Took", DisplayFormat.Duration(TimeSpan.FromSeconds(rescan.DurationSeconds))),
            ("Ended", DisplayFormat.Time(rescan.FinishedAt)),
        ];
        if (rescan.Reason is { Length: > 0 } reason)
        {
            facts.Insert(2, ("Why", SafeText.Line(reason, MaxValue)));
        }

        if (notification.Previous is { } previous && previous.Severity() != rescan.Outcome.Severity())
        {
            facts.Add(("Time before", DisplayFormat.Words(previous)));
        }

        if (rescan.SessionId is { } session)
        {
            facts.Add(("Session", SafeText.Line(session, MaxName)));
        }

        bool recovered = rescan.Outcome == Outcome.Succeeded && notification.Previous?.Severity() is Severity.Bad or Severity.Warning;
        string title = notification.IsTest ? "Test: " + TitleOf(rescan.Outcome) : recovered ? "Rescan succeeded again" : TitleOf(rescan.Outcome);
        return new NotificationText(
            rescan.Outcome.Severity(), title, $"{SafeText.Line(rescan.Repository.Name, MaxName)} on {rescan.Appliance}", facts, [],
            notification.IsTest ? "Nothing: this only shows that notifications arrive and what they look like." : AdviceFor(rescan.Outcome),
            notification.IsTest ? Page(publicUrl, "#/") : Page(publicUrl, $"#/rescans/{Uri.EscapeDataString(rescan.Id)}/{Uri.EscapeDataString(notification.RequestId)}"));
    }

    private static NotificationText OfRun(RunSummary run, Uri? publicUrl)
    {
        int failed = run.Failed;
        int warnings = run.Counts.GetValueOrDefault(nameof(Outcome.Warning));
        Severity severity = failed + run.Errors.Count > 0 ? Severity.Bad : warnings > 0 ? Severity.Warning : Severity.Good;
        List<(string, string)> facts =
        [
            ("Repositories", run.Repositories.ToString(CultureInfo.InvariantCulture)),
            ("Outcomes", run.Counts.Count == 0 ? "none" : string.Join(", ", run.Counts.Select(c => $"{c.Value} {(c.Key == "None" ? "without an outcome" : c.Key)}"))),
            ("Took", DisplayFormat.Duration(run.FinishedAt - run.StartedAt)),
            ("Ended", DisplayFormat.Time(run.FinishedAt)),
        ];
        List<string> problems = [.. run.Errors.Take(MaxListed).Select(e => SafeText.Line("Appliance " + e, MaxValue))];
        foreach (RunProblem item in run.Problems.Take(MaxListed))
        {
            string how = item.Outcome is { } outcome ? DisplayFormat.Words(outcome) : "no outcome";
            problems.Add(SafeText.Line($"{SafeText.Line(item.Repository.Name, MaxName)} on {item.Appliance}: {how}{(item.Reason is { Length: > 0 } why ? ". " + why : "")}", MaxValue / 2));
        }

        int more = failed + run.Errors.Count - problems.Count;
        if (more > 0)
        {
            problems.Add($"and {more.ToString(CultureInfo.InvariantCulture)} more");
        }

        string title = severity switch
        {
            Severity.Bad => "Run ended with failures",
            Severity.Warning => "Run ended with warnings",
            _ => "Run succeeded",
        };
        string subject = severity == Severity.Bad
            ? $"{failed} of {Repositories(run.Repositories)} failed{(run.Errors.Count > 0 ? $", {run.Errors.Count} of the appliances could not be asked" : "")}"
            : $"{Repositories(run.Repositories)} rescanned";
        return new NotificationText(
            severity, title, subject, facts, problems,
            severity == Severity.Bad ? "Mend what the lines above name, then start those rescans again; the others are done." : null,
            Page(publicUrl, $"#/runs/{Uri.EscapeDataString(run.Id)}"));
    }

    private static string Repositories(int count) => count == 1 ? "1 repository" : count.ToString(CultureInfo.InvariantCulture) + " repositories";

    private static Uri? Page(Uri? publicUrl, string view) => publicUrl is null ? null : new Uri(publicUrl.AbsoluteUri.TrimEnd('/') + "/api/" + view);

    private static string TitleOf(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "Rescan succeeded",
        Outcome.Warning => "Rescan ended with warnings",
        Outcome.Failed => "Rescan failed",
        Outcome.Canceled => "Rescan canceled",
        Outcome.TimedOut => "Rescan not ended by its deadline",
        Outcome.Lost => "Rescan lost its session",
        Outcome.Rejected => "Rescan refused",
        _ => "Appliance unreachable",
    };

    private static string? AdviceFor(Outcome outcome) => outcome switch
    {
        Outcome.Warning => "Read the session's log for what the appliance warns of; the rescan itself is done.",
        Outcome.Failed => "Read the session's log, mend what it names, then start the rescan again.",
        Outcome.Canceled => "Start the rescan again when it suits.",
        Outcome.TimedOut => "Look the session up on the appliance, where it may go on. If rescans take this long as a rule, raise Rescan__Deadline.",
        Outcome.Lost => "Find out whether the appliance was restored, rebuilt or upgraded, then start the rescan again.",
        Outcome.Rejected => "Trying again does not help before the cause is mended: the account, its role, the certificate or the appliance's version. rescan check shows which.",
        Outcome.Unreachable => "See whether the appliance runs and can be reached over the network, then start the rescan again.",
        _ => null,
    };
}
