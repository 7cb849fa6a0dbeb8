using System.Globalization;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>
/// A notification in words, for the formats that people read. Every part may hold text from outside, so each format writes it as plain
/// text.
/// </summary>
/// <param name="Severity">What it means.</param>
/// <param name="Title">What happened, in our own words.</param>
/// <param name="Subject">What it happened to.</param>
/// <param name="Facts">Name and value, most important first.</param>
/// <param name="Problems">What went wrong in a run, one line each.</param>
/// <param name="Next">What to do next; null when nothing is.</param>
/// <param name="Link">The status page; null when its address is not known.</param>
internal sealed record NotificationText(
    Severity Severity, string Title, string Subject, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<string> Problems,
    string? Next, Uri? Link)
{
    private const int MaxValue = 600;
    private const int MaxName = 150;
    private const int MaxListed = 10;

    /// <summary>One line that says it all.</summary>
    public string Line => $"{Title}: {Subject}";

    /// <param name="notification">What happened.</param>
    /// <param name="publicUrl">The address under which people reach the app; null: no links.</param>
    /// <param name="changes">What is new of it to the channel; null: the channel is told all.</param>
    public static NotificationText Of(Notification notification, Uri? publicUrl, ProblemChanges? changes = null) => notification switch
    {
        { Run: { } run } => OfRun(run, publicUrl, changes),
        { Appliance: { } appliance } => OfAppliance(appliance, publicUrl),
        _ => OfRescan(notification, notification.Rescan!, publicUrl, changes),
    };

    private static NotificationText OfRescan(Notification notification, RescanOutcome rescan, Uri? publicUrl, ProblemChanges? changes)
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

        AddAskers(facts, rescan.StartedBy, rescan.CanceledBy);
        if (rescan.SessionId is { } session)
        {
            facts.Add(("Session", SafeText.Line(session, MaxName)));
        }

        bool recovered = rescan.Outcome == Outcome.Succeeded
            && (changes?.Over.Count > 0 || notification.Previous?.Severity() is Severity.Bad or Severity.Warning);
        if (changes?.Over is [{ } over, ..])
        {
            facts.Add(("Failing since", DisplayFormat.Time(over.Since)));
        }

        string title = notification.IsTest ? "Test: " + TitleOf(rescan.Outcome) : recovered ? "Rescan succeeded again"
            : TitleOf(rescan.Outcome);
        return new NotificationText(
            rescan.Outcome.Severity(), title, $"{SafeText.Line(rescan.Repository.Name, MaxName)} on {rescan.Appliance}", facts, [],
            notification.IsTest
                ? "Nothing: this only shows that notifications arrive and what they look like."
                : RescanAdvice.For(rescan.Outcome),
            notification.IsTest
                ? Page(publicUrl, "#/")
                : Page(publicUrl, $"#/rescans/{Uri.EscapeDataString(rescan.Id)}/{Uri.EscapeDataString(notification.RequestId)}"));
    }

    private static void AddAskers(List<(string Name, string Value)> facts, Initiator? startedBy, Initiator? canceledBy)
    {
        if (startedBy is not null)
        {
            facts.Add(("Started by", InitiatorText.Of(startedBy)));
        }

        if (canceledBy is not null)
        {
            facts.Add(("Canceled by", InitiatorText.Of(canceledBy)));
        }
    }

    private static NotificationText OfRun(RunSummary run, Uri? publicUrl, ProblemChanges? changes)
    {
        int failed = run.Failed;
        Severity severity = run.Severity;
        List<(string, string)> facts =
        [
            ("Repositories", run.Repositories.ToString(CultureInfo.InvariantCulture)),
            ("Outcomes",
                run.Counts.Count == 0
                    ? "none"
                    : string.Join(", ", run.Counts.Select(c => $"{c.Value} {(c.Key == "None" ? "without an outcome" : c.Key)}"))),
            ("Took", DisplayFormat.Duration(run.FinishedAt - run.StartedAt)),
            ("Ended", DisplayFormat.Time(run.FinishedAt)),
        ];
        AddAskers(facts, run.StartedBy, run.CanceledBy);
        if (run.Tries.Count > 0)
        {
            facts.Insert(2, ("Tries", run.Tries.Count.ToString(CultureInfo.InvariantCulture)));
            facts.Insert(3, ("Mended by a retry", run.Mended.ToString(CultureInfo.InvariantCulture)));
        }

        if (changes is not null)
        {
            facts.Add(("New problems", changes.Begun.Count.ToString(CultureInfo.InvariantCulture)));
            facts.Add(("Known problems", changes.Lasting.ToString(CultureInfo.InvariantCulture)));
            if (changes.Over.Count > 0)
            {
                string more = changes.Over.Count > MaxListed ? $" and {changes.Over.Count - MaxListed} more" : "";
                facts.Add(("Over", SafeText.Line(string.Join(", ", changes.Over.Take(MaxListed).Select(Problem.NameOf)), MaxValue) + more));
            }
        }

        IReadOnlyList<string> problems = ProblemsOf(run, changes);
        string title = severity switch
        {
            Severity.Bad => "Run ended with failures",
            _ when run.RescannedNothing => "Run rescanned nothing",
            Severity.Warning => "Run ended with warnings",
            _ when run.Tries.Count > 0 => "Run succeeded after a retry",
            _ => "Run succeeded",
        };
        string subject = severity == Severity.Bad
            ? $"{failed} of {Repositories(run.Repositories)} failed{(run.Errors.Count > 0 ? $", {run.Errors.Count} of the appliances could not be asked" : "")}"
            : run.RescannedNothing ? "no repository to rescan"
            : $"{Repositories(run.Repositories)} rescanned";
        return new NotificationText(
            severity, title, subject, facts, problems,
            severity switch
            {
                Severity.Bad when changes is { Begun.Count: 0 } =>
                    "The known problems last: the status page and the run's report list them.",
                Severity.Bad => "Mend what the lines above name, then start those rescans again; the others are done.",
                _ when run.RescannedNothing =>
                    "Compare the run's filter (Rescan__Nightly for the scheduled one) with the repositories that the appliances list, "
                    + "and see whether the account may see them.",
                _ => null,
            },
            Page(publicUrl, $"#/runs/{Uri.EscapeDataString(run.Id)}"));
    }

    /// <summary>What went wrong, new problems first. A problem that the channel knows of is counted, not listed.</summary>
    private static List<string> ProblemsOf(RunSummary run, ProblemChanges? changes)
    {
        // That nothing was found stands in the title.
        Problem[]? begun = changes?.Begun.Where(p => p.Told.Appliance.Length > 0).ToArray();
        List<string> problems = begun is not null
            ? [.. begun.Take(2 * MaxListed)
                .Select(p => LineOf(Problem.NameOf(p.Told), p.Outcome, p.Reason, hasOutcome: p.Told.Repository is not null))]
            : [
                .. run.Errors.Take(MaxListed).Select(e => SafeText.Line("Appliance " + e, MaxValue)),
                .. run.Problems.Take(MaxListed).Select(
                    p => LineOf($"{SafeText.Line(p.Repository.Name, MaxName)} on {p.Appliance}", p.Outcome, p.Reason, hasOutcome: true)),
            ];
        int more = (begun?.Length ?? run.Failed + run.Errors.Count) - problems.Count;
        problems.AddRange(run.Warnings.Take(MaxListed).Select(w => SafeText.Line(w, MaxValue)));
        more += Math.Max(0, run.Warnings.Count - MaxListed);
        if (more > 0)
        {
            problems.Add($"and {more.ToString(CultureInfo.InvariantCulture)} more");
        }

        return problems;
    }

    private static string LineOf(string name, Outcome? outcome, string? reason, bool hasOutcome)
    {
        string how = !hasOutcome
            ? reason ?? ""
            : $"{(outcome is { } known ? DisplayFormat.Words(known) : "no outcome")}{(reason is { Length: > 0 } ? ". " + reason : "")}";
        return SafeText.Line($"{name}: {how}", MaxValue / 2);
    }

    private static NotificationText OfAppliance(ApplianceNotice notice, Uri? publicUrl)
    {
        TimeSpan lasted = notice.At - notice.Since;
        List<(string, string)> facts = [("Appliance", notice.Appliance)];
        if (notice.Reason is { Length: > 0 } reason)
        {
            facts.Add(("Why", SafeText.Line(reason, MaxValue)));
        }

        facts.Add(("Since", DisplayFormat.Time(notice.Since)));
        facts.Add(("Run", notice.RunId));
        (Severity severity, string title, string subject) = notice.Event switch
        {
            ApplianceEvent.DoesNotAnswer =>
                (Severity.Bad, "Appliance does not answer", $"{notice.Appliance}, for {DisplayFormat.Duration(lasted)} now"),
            ApplianceEvent.Refuses => (Severity.Bad, "Appliance cannot be rescanned", $"{notice.Appliance} is left out of the run"),
            _ => (Severity.Good, "Appliance answers again", $"{notice.Appliance}, after {DisplayFormat.Duration(lasted)}"),
        };
        string? next = notice.Event switch
        {
            ApplianceEvent.DoesNotAnswer => "See whether the appliance runs and can be reached over the network. The run keeps trying it, "
                + "and goes on with its other appliances meanwhile.",
            ApplianceEvent.Refuses => RescanAdvice.For(Outcome.Rejected),
            _ => null,
        };
        return new NotificationText(
            severity, title, subject, facts, [], next, Page(publicUrl, $"#/runs/{Uri.EscapeDataString(notice.RunId)}"));
    }

    private static string Repositories(int count) =>
        count == 1 ? "1 repository" : count.ToString(CultureInfo.InvariantCulture) + " repositories";

    private static Uri? Page(Uri? publicUrl, string view) =>
        publicUrl is null ? null : new Uri(publicUrl.AbsoluteUri.TrimEnd('/') + "/api/" + view);

    /// <summary>What happened, by how a rescan ended.</summary>
    public static string TitleOf(Outcome outcome) => outcome switch
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
}
