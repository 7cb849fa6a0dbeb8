using System.Security.Cryptography;
using System.Text;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Which repositories a run takes of an appliance.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Filter">Which of its repositories.</param>
/// <param name="Repeats">The run of which it repeats what was not rescanned; null when it repeats none.</param>
public sealed record SelectRepositoriesInput(string RunId, string Appliance, RunFilter Filter, RunRepeat? Repeats = null);

/// <summary>What was planned.</summary>
/// <param name="Repositories">How many repositories the run takes of the appliance.</param>
/// <param name="Listed">How many the appliance lists.</param>
/// <param name="Warnings">What the operator should look into.</param>
public sealed record SelectedRepositories(int Repositories, int Listed, IReadOnlyList<string> Warnings);

/// <summary>Lists an appliance's repositories that a run takes, in order of name, into the run's items.</summary>
/// <param name="reader">Asks appliances for their repositories.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="log">The log.</param>
public sealed class SelectRepositories(RepositoryReader reader, RunStore runs, ILogger<SelectRepositories> log)
{
    private const int MostNamed = 10;

    /// <summary>Lists.</summary>
    /// <param name="input">The appliance and the filter.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(SelectRepositories))]
    public Task<ActivityResult<SelectedRepositories>> RunAsync(
        [ActivityTrigger] SelectRepositoriesInput input, CancellationToken cancellationToken) =>
        ActivityResult.FromAsync(async () =>
        {
            RepeatedItems? repeated = input.Repeats is null ? null : await RepeatedAsync(input.Appliance, input.Repeats, cancellationToken);
            if (repeated is { ListsAnew: false })
            {
                // They are known, and one that is gone meanwhile is told by its own rescan.
                RunItem[] known = [.. repeated.Taken.OrderBy(i => i.Repository.Name, StringComparer.Ordinal)
                    .Select((r, i) => ItemOf(input, r.Repository, r.Bucket, r.Folder, i))];
                await runs.AddItemsAsync(input.RunId, known, cancellationToken);
                return new SelectedRepositories(known.Length, known.Length, []);
            }

            IReadOnlyList<Repository> all = await reader.ReadAsync(input.Appliance, cancellationToken);
            RepositorySelection selection = RepositorySelection.Of(all, input.Filter);
            RunItem[] items = [.. selection.Taken.Where(r => repeated?.LeftOut.Contains(r.Id) != true)
                .Select((r, i) => ItemOf(input, new RepositoryRef(r.Id, r.Name), r.Bucket, r.Folder, i))];
            await runs.AddItemsAsync(input.RunId, items, cancellationToken);
            if (items.Length == 0)
            {
                log.LogWarning(
                    "None of the {Count} repositories of appliance {Appliance} fits the filter of run {RunId} ({Filter}). Its buckets: "
                        + "{Buckets}",
                    all.Count, input.Appliance, input.RunId, input.Filter.Describe(), BucketsOf(all));
            }

            return new SelectedRepositories(items.Length, all.Count, all.Count == 0
                ? [$"{input.Appliance}: {RepositoryWarnings.ListsNone}"]
                : [.. selection.Warnings(input.Appliance)]);
        });

    private static RunItem ItemOf(SelectRepositoriesInput input, RepositoryRef repository, string? bucket, string? folder, int turn) =>
        new()
        {
            Appliance = input.Appliance,
            Repository = repository,
            Bucket = bucket,
            Folder = folder,
            Turn = turn,
            RequestId = RequestIdOf(input.RunId, input.Appliance, repository.Id),
        };

    private static string BucketsOf(IReadOnlyList<Repository> repositories)
    {
        string[] buckets = [
            .. repositories.Select(r => r.Bucket).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return buckets.Length == 0
            ? "none told" : SafeText.Line(string.Join(", ", buckets.Take(MostNamed)) + (buckets.Length > MostNamed ? " and more" : ""));
    }

    private async Task<RepeatedItems> RepeatedAsync(string appliance, RunRepeat repeat, CancellationToken cancellationToken)
    {
        RunRecord? run = await runs.GetRunAsync(repeat.RunId, cancellationToken);
        IReadOnlyList<RunItem> items = await runs.GetItemsAsync(repeat.RunId, appliance, null, int.MaxValue, cancellationToken);
        return run is null ? new RepeatedItems([], new HashSet<string>(), false) : RunRepetition.Of(run, items, repeat).On(appliance);
    }

    /// <summary>The same at every try, so that a rescan which an earlier try started is known again.</summary>
    private static string RequestIdOf(string run, string appliance, string repositoryId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{run}\n{appliance}\n{repositoryId}")).AsSpan(0, 16));
}
