using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Appliances;

/// <summary>How an appliance answered when this process last asked it.</summary>
/// <param name="Answers">Whether it answered.</param>
/// <param name="Since">Since when it has, or has not, UTC.</param>
/// <param name="AskedAt">When it was last asked, UTC.</param>
/// <param name="Reason">Why it did not; null when it did.</param>
public sealed record ApplianceAnswering(bool Answers, DateTimeOffset Since, DateTimeOffset AskedAt, string? Reason);

/// <summary>
/// Knows which appliances answer, from the requests that are made anyway, and says in the log once when one stops answering and once when
/// it answers again.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
public sealed class ApplianceAvailability(TimeProvider time, ILogger<ApplianceAvailability> log)
{
    private readonly ConcurrentDictionary<string, ApplianceAnswering> known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is known of an appliance; null before the first request to it.</summary>
    public ApplianceAnswering? Of(string appliance) => known.GetValueOrDefault(appliance);

    /// <summary>The appliances that were asked, by their configured names.</summary>
    public IEnumerable<KeyValuePair<string, ApplianceAnswering>> Known => known;

    /// <summary>A request was answered, whatever the answer says.</summary>
    public void Answered(string appliance) => Note(appliance, true, null);

    /// <summary>A request was not answered, its repeats neither.</summary>
    public void Unanswered(string appliance, string reason) => Note(appliance, false, reason);

    private void Note(string appliance, bool answers, string? reason)
    {
        DateTimeOffset now = time.GetUtcNow();
        while (true)
        {
            ApplianceAnswering? before = known.GetValueOrDefault(appliance);
            ApplianceAnswering after = new(answers, before?.Answers == answers ? before.Since : now, now, reason);
            if (before is null ? !known.TryAdd(appliance, after) : !known.TryUpdate(appliance, after, before))
            {
                continue;
            }

            if (!answers && before is null or { Answers: true })
            {
                log.LogWarning("Appliance {Appliance} does not answer: {Reason}. Its rescans wait", appliance, reason);
            }
            else if (answers && before is { Answers: false })
            {
                log.LogInformation(
                    "Appliance {Appliance} answers again, after {Gone}", appliance,
                    TimeSpan.FromSeconds(Math.Round((now - before.Since).TotalSeconds)));
            }

            return;
        }
    }
}
