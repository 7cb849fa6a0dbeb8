using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli;

/// <summary>The JSON object that <c>run</c> and <c>demo</c> print: these keys, in this order, every one always there.</summary>
internal sealed record RunResult(
    string Id, string Appliance, RepositoryRef Repository, string? SessionId, Outcome Outcome, string? Reason, DateTimeOffset StartedAt,
    DateTimeOffset FinishedAt,
    double DurationSeconds, int Polls, RequestCounts Requests, IReadOnlyList<SessionLogItem> Log)
{
    public static RunResult Of(RescanOutcome o) =>
        new(o.Id, o.Appliance, o.Repository, o.SessionId, o.Outcome, o.Reason, o.StartedAt, o.FinishedAt, o.DurationSeconds, o.Polls,
            o.Requests, o.Log);

    /// <summary>A rescan that ended before it began.</summary>
    public static RunResult NeverBegun(
        string appliance, RepositoryRef repository, ApplianceException e, DateTimeOffset began, RequestCounts requests)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new(
            RescanRequest.InstanceIdOf(appliance, repository.Id.Length > 0 ? repository.Id : repository.Name), appliance, repository, null,
            ExitCodes.OutcomeOf(e), e.Message,
            began, now, Math.Round((now - began).TotalSeconds, 3), 0, requests, []);
    }
}
