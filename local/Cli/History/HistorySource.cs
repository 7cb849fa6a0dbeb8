using System.CommandLine;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Cli.Start;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.History;

/// <summary>
/// What is kept of rescans, looked at from outside: whoever owns the state goes on undisturbed, and no settings are needed.
/// </summary>
internal sealed class HistorySource : IAsyncDisposable
{
    private const int Page = 500;
    private readonly ServiceProvider services;
    private readonly TaskHubView? state;

    private HistorySource(StateLocation location, ServiceProvider services, TaskHubView? state)
    {
        Location = location;
        this.services = services;
        this.state = state;
        Outcomes = services.GetRequiredService<OutcomeStore>();
    }

    /// <summary>Where it is kept.</summary>
    public StateLocation Location { get; }

    /// <summary>Ended rescans.</summary>
    public OutcomeStore Outcomes { get; }

    /// <summary>Opens what the options name.</summary>
    /// <exception cref="CommandException">Nothing was ever recorded there.</exception>
    public static async Task<HistorySource> OpenAsync(
        StateLocationArguments arguments, ParseResult parse, CancellationToken cancellationToken)
    {
        StateLocation location = await arguments.LookAsync(parse, cancellationToken);
        try
        {
            if (!location.Exists)
            {
                throw new CommandException(
                    ExitCodes.Configuration,
                    $"There are no rescans in {location.Folder}. Name the state that serve or run uses with --state or --storage.");
            }

            TaskHubView? state = await TaskHubView.OpenAsync(location.Options, cancellationToken);
            IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(location.OutcomeSettings()).Build();
            ServiceCollection collection = new();
            collection.AddLogging().AddSingleton(location.TableOf(state?.Table)).AddRescan(configuration);

            // What rescans need to run, such as appliances, is not needed to look at them.
            collection.RemoveAll<IValidateOptions<RescanOptions>>();
            return new HistorySource(location, collection.BuildServiceProvider(), state);
        }
        catch
        {
            await location.DisposeAsync();
            throw;
        }
    }

    /// <summary>Rescans that have not ended.</summary>
    public async Task<IReadOnlyList<RescanView>> GetRunningAsync(CancellationToken cancellationToken)
    {
        if (state is null)
        {
            return [];
        }

        List<RescanView> running = [];
        string? token = null;
        do
        {
            RescanPage page = await services.GetRequiredService<RescanReader>()
                .ListAsync(state.Client, true, new OutcomeQuery(Limit: Page, ContinuationToken: token), cancellationToken);
            running.AddRange(page.Items);
            token = page.ContinuationToken;
        }
        while (token is not null);
        return running;
    }

    /// <summary>Ended rescans, newest first, as far back as is asked for.</summary>
    public async IAsyncEnumerable<RecordedOutcome> GetEndedAsync(
        OutcomeQuery query, DateTimeOffset? since,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            OutcomePage page = await Outcomes.ListAsync(query with { Limit = Page, ContinuationToken = token }, cancellationToken);
            foreach (RecordedOutcome item in page.Items.Where(i => since is null || i.Outcome.FinishedAt >= since))
            {
                yield return item;
            }

            // Stores keep outcomes in the order in which they were recorded, which may differ from that of their ends by moments.
            bool isPast = since is { } time && page.Items.Count > 0 && page.Items[^1].Outcome.FinishedAt < time.AddDays(-1);
            token = isPast ? null : page.ContinuationToken;
        }
        while (token is not null);
    }

    /// <summary>Where a process that runs the rescans answers; null when none is known to live.</summary>
    public Task<Uri?> GetServingAddressAsync(CancellationToken cancellationToken) =>
        state is null ? Task.FromResult<Uri?>(null) : state.GetServingAddressAsync(cancellationToken);

    /// <summary>
    /// The schedule: as the process that serves tells it, since its settings are its own; where none serves, only what became of the
    /// last runs.
    /// </summary>
    /// <returns>The schedule, or why it is not known.</returns>
    public async Task<(SchedulesView? Schedule, string? Error)> GetScheduleAsync(
        Uri? owner, string? key, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            return (await services.GetRequiredService<ScheduleReader>().ReadKeptAsync(cancellationToken), null);
        }

        try
        {
            using OwnerClient client = new(owner, key);
            return (await client.GetScheduleAsync(cancellationToken), null);
        }
        catch (CommandException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Runs that go on. None where no process serves, or the one that does gives no answer: its schedule says why.</summary>
    public async Task<IReadOnlyList<RunUnderWay>> GetRunsUnderWayAsync(Uri? owner, string? key, CancellationToken cancellationToken)
    {
        if (owner is null)
        {
            return [];
        }

        try
        {
            using OwnerClient client = new(owner, key);
            List<RunUnderWay> runs = [];
            foreach (RunRecord record in (await client.GetRunsAsync(cancellationToken)).Items.Where(r => r.FinishedAt is null))
            {
                RunView run = await client.GetRunAsync(record.Id, cancellationToken);
                if (run.FinishedAt is null)
                {
                    runs.Add(new RunUnderWay(run.Id, RunLine.Of(run, DateTimeOffset.UtcNow), run.Troubles));
                }
            }

            return runs;
        }
        catch (CommandException)
        {
            return [];
        }
    }

    /// <summary>Finds the rescan that a person named: by instance id, request id, or a repository's name or id.</summary>
    /// <returns>The one that runs, else the newest.</returns>
    /// <exception cref="CommandException">None fits, or several repositories do.</exception>
    public async Task<RescanView> FindAsync(string wanted, CancellationToken cancellationToken)
    {
        DurableTaskClient? client = state?.Client;
        RescanReader reader = services.GetRequiredService<RescanReader>();
        IReadOnlyList<RescanView> running = await GetRunningAsync(cancellationToken);
        if (running.FirstOrDefault(r => r.Id == wanted || r.RequestId == wanted) is { } exact)
        {
            return exact;
        }

        if (await Outcomes.GetAsync(wanted, cancellationToken) is { } recorded)
        {
            return View(wanted, recorded);
        }

        Dictionary<string, string> named = new(StringComparer.Ordinal);
        IReadOnlyList<RescanOutcome> latest = await Outcomes.GetLatestAsync(cancellationToken);
        (string Id, string Appliance, RepositoryRef Repository)[] known =
        [
            .. running.Select(r => (r.Id, r.Appliance, r.Repository)), .. latest.Select(o => (o.Id, o.Appliance, o.Repository)),
        ];
        foreach ((string id, string appliance, _) in known.Where(k => k.Id == wanted || IsNamed(k.Repository, wanted)))
        {
            named[id] = appliance;
        }

        // Tables show the beginning of an id where there is no room for all of it.
        if (named.Count == 0 && wanted.Length >= Column.ShortId)
        {
            foreach ((string id, string appliance, _) in known.Where(
                k => k.Repository.Id.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)))
            {
                named[id] = appliance;
            }
        }

        if (named.Count > 1)
        {
            throw new CommandException(
                ExitCodes.Usage, $"'{wanted}' stands for {named.Count} repositories. Name one by its id: {string.Join(", ", named.Keys)}.");
        }

        string one = named.Count == 1 ? named.Keys.First() : wanted;
        if (running.FirstOrDefault(r => r.Id == one) is { } now)
        {
            return now;
        }

        RecordedOutcome? newest =
            (await Outcomes.ListAsync(new OutcomeQuery(InstanceId: one, Limit: 1), cancellationToken)).Items.FirstOrDefault();
        return newest is not null ? View(newest.RequestId, newest.Outcome)
            : client is not null && one.StartsWith("rescan-", StringComparison.Ordinal)
            && await reader.GetAsync(client, one, null, cancellationToken) is { } failed ? failed
            : throw new CommandException(
                ExitCodes.Usage,
                $"No rescan has the id '{wanted}', and no repository of that name was rescanned. rescan history lists them.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        if (state is not null)
        {
            await state.DisposeAsync();
        }

        await Location.DisposeAsync();
    }

    private static bool IsNamed(RepositoryRef repository, string wanted) =>
        string.Equals(repository.Name, wanted, StringComparison.OrdinalIgnoreCase)
        || string.Equals(repository.Id, wanted, StringComparison.OrdinalIgnoreCase);

    private static RescanView View(string requestId, RescanOutcome outcome) => new(
        outcome.Id, requestId, "Completed", null, outcome.Appliance, outcome.Repository, outcome.SessionId, outcome.StartedAt, null,
        outcome.Polls, null, null,
        outcome.Requests, outcome.Timeline, outcome, null);
}
