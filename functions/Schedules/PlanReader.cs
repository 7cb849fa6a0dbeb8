using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Display;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>Tells what the next scheduled run would do. It asks the appliances for their repositories, and starts nothing.</summary>
/// <param name="plan">The schedules.</param>
/// <param name="reader">Asks appliances for their repositories.</param>
/// <param name="options">The settings.</param>
/// <param name="time">The clock.</param>
public sealed class PlanReader(SchedulePlan plan, RepositoryReader reader, IOptions<RescanOptions> options, TimeProvider time)
{
    private const int MaxShown = 60;

    /// <summary>Reads.</summary>
    /// <param name="name">The schedule; null: the one whose run is due next.</param>
    /// <param name="kept">The pauses that are kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KeyNotFoundException">No schedule has the name.</exception>
    public async Task<PlanView> ReadAsync(string? name, IReadOnlyCollection<SchedulePause> kept, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        Schedule schedule = name is null
            ? plan.Schedules.MinBy(s => plan.NextRunAfter(s, now, kept) ?? DateTimeOffset.MaxValue)!
            : plan.Schedules.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
                ?? throw new KeyNotFoundException(Unknown(name));
        RunFilter filter = RunFilter.Of(schedule.Filter);
        string[] asked = [.. RunAppliance.Of(options.Value, schedule.Appliances).Select(a => a.Name)];
        Listing[] listings = await Task.WhenAll(asked.Select(a => ListAsync(a, filter, cancellationToken)));
        PlannedRescan[] items = [.. listings.SelectMany(l => l.Selection.Taken.Select(r => new PlannedRescan(l.Appliance, Ref(r))))];
        SchedulePause? pause = plan.PauseAt(schedule.Name, now, kept);
        return new PlanView(
            schedule.Name, schedule.TimeZone, plan.IsEnabled, plan.NextRunAfter(schedule, now, kept),
            pause is null ? null : new PauseView(pause.Until, pause.Reason), items,
            [.. listings.SelectMany(l => l.Selection.LeftOut.Select(o => new PlannedOmission(l.Appliance, Ref(o.Repository), o.Reason)))],
            [.. options.Value.Appliances.Select(a => a.Name).Except(asked, StringComparer.OrdinalIgnoreCase)],
            [.. listings.Select(l => l.Error).OfType<ApplianceErrorView>()], [.. Warnings(filter, listings, items)]);
    }

    private static IEnumerable<string> Warnings(RunFilter filter, Listing[] listings, PlannedRescan[] items)
    {
        if (items.Length == 0)
        {
            string conditions = filter.Describe() is { Length: > 0 } told ? $" No repository listed fits the filter ({told})." : "";
            yield return "Nothing would be rescanned." + conditions;
        }

        foreach (Listing listing in listings)
        {
            if (listing is { Error: null, Selection: { Taken.Count: 0, LeftOut.Count: 0 } })
            {
                yield return $"{listing.Appliance}: {RepositoryWarnings.ListsNone}";
            }

            foreach (string warning in listing.Selection.Warnings(listing.Appliance))
            {
                yield return warning;
            }
        }

        foreach (string shared in RepositoryWarnings.SharedFolders(
            listings.SelectMany(l => l.Selection.Taken.Select(r => new RepositoryPlace(l.Appliance, r.Name, r.Bucket, r.Folder)))))
        {
            yield return shared;
        }
    }

    private static RepositoryRef Ref(Repository repository) => new(repository.Id, repository.Name);

    private string Unknown(string name)
    {
        string[] names = [.. plan.Schedules.Select(s => s.Name)];
        string near = NearestName.Of(name, names) is { } meant ? $" Did you mean '{meant}'?" : "";
        return $"No schedule is named '{SafeText.Line(name, MaxShown)}'; there is {string.Join(", ", names)}.{near}";
    }

    private async Task<Listing> ListAsync(string appliance, RunFilter filter, CancellationToken cancellationToken)
    {
        try
        {
            return new Listing(appliance, RepositorySelection.Of(await reader.ReadAsync(appliance, cancellationToken), filter), null);
        }
        catch (ApplianceException e)
        {
            DateTimeOffset since = reader.FailingSince(appliance) ?? time.GetUtcNow();
            return new Listing(
                appliance, new RepositorySelection([], []), new ApplianceErrorView(appliance, !e.IsTransient, e.Message, since));
        }
    }

    private sealed record Listing(string Appliance, RepositorySelection Selection, ApplianceErrorView? Error);
}
