using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;

namespace Rescan.Local.Cli;

/// <summary>
/// Nights that never were, so that a demo has trends to show: each ends as real ones do, and the poll schedule learns from them.
/// </summary>
internal static class DemoHistory
{
    private const int Nights = 20;

    /// <summary>Writes them down. Of every four repositories one failed last night, and one has not been seen to for days.</summary>
    /// <param name="store">Where outcomes are kept.</param>
    /// <param name="appliance">The appliance's configured name.</param>
    /// <param name="repositories">Its repositories.</param>
    /// <param name="usual">How long a session usually takes.</param>
    /// <param name="now">The present, UTC.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static async Task WriteAsync(
        OutcomeStore store, string appliance, IReadOnlyList<SimulatedRepository> repositories, TimeSpan usual, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        for (int r = 0; r < repositories.Count; r++)
        {
            for (int night = Nights; night >= 1; night--)
            {
                if (r % 4 == 3 && night <= 3)
                {
                    continue;
                }

                // Golden-ratio steps spread well and are the same in every demo.
                double chance = ((r * 0.37) + (night * 0.618034)) % 1;
                Outcome outcome =
                    (r % 4, night) switch
                    {
                        (2, 1) => Outcome.Failed,
                        (1, 6) => Outcome.Failed,
                        (0, 9) or (3, 12) => Outcome.Warning,
                        _ => Outcome.Succeeded
                    };
                TimeSpan took = usual * (outcome == Outcome.Failed ? 0.3 : 0.75 + (chance * 0.5));
                await store.TryRecordAsync(
                    string.Create(CultureInfo.InvariantCulture, $"demo-{appliance}-{r}-{night}"),
                    Night(appliance, repositories[r], outcome, took, now.AddDays(1 - night).AddHours(-1).AddMinutes(-6 * r)),
                    cancellationToken);
            }
        }
    }

    private static RescanOutcome Night(
        string appliance, SimulatedRepository repository, Outcome outcome, TimeSpan took, DateTimeOffset start)
    {
        double[] polls = [.. Enumerable.Range(1, 9).Select(i => Math.Round(0.6 + (took.TotalSeconds * Math.Sqrt(i / 9.0)), 1))];
        DateTimeOffset session = start.AddSeconds(0.6);
        (string status, string last, string? reason) = outcome switch
        {
            Outcome.Failed => ("Error", "Rescan failed: access to the bucket was denied", "Access to the bucket was denied."),
            Outcome.Warning =>
                ("Warning", "Rescan found 48 restore points (3 new); 2 could not be read", "2 restore points could not be read."),
            _ => ("Success", "Rescan found 4 backup policies, 48 restore points (3 new)", null),
        };
        return new RescanOutcome
        {
            Id = RescanRequest.InstanceIdOf(appliance, repository.Id),
            Appliance = appliance,
            Repository = new RepositoryRef(repository.Id, repository.Name),
            SessionId = Guid.NewGuid().ToString(),
            Outcome = outcome,
            Reason = reason,
            StartedAt = start,
            FinishedAt = session + took + TimeSpan.FromSeconds(0.8),
            DurationSeconds = Math.Round(took.TotalSeconds, 3),
            Polls = polls.Length,
            Requests = new RequestCounts { Token = 1, Rescan = 1, Session = polls.Length, Log = polls.Length + 1 },
            Timeline = new RescanTimeline { SignedIn = 0.4, Started = 0.6, Polls = polls },
            Log =
            [
                new SessionLogItem(session, "Success", $"Starting rescan of repository {repository.Name}"),
                new SessionLogItem(
                    session + (took * 0.1), outcome == Outcome.Failed ? "Error" : "Success", $"Connecting to bucket {repository.Bucket}"),
                new SessionLogItem(session + took, status, last),
            ],
        };
    }
}
