using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;

namespace Rescan.Functions.S3Events;

/// <summary>Keeps the repositories of all appliances. One that does not answer leaves what it listed before in place.</summary>
internal sealed class RepositoryDirectory(IApplianceClients appliances, TimeProvider time, ILogger<RepositoryDirectory> log)
    : IRepositoryDirectory
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(15);

    // However many events match nothing, the appliances are not asked more often than this.
    private static readonly TimeSpan MinAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, IReadOnlyList<Repository>> known = new(StringComparer.Ordinal);
    private RepositoryListing? last;
    private Task<RepositoryListing>? reading;

    /// <inheritdoc/>
    public Task<RepositoryListing> GetAsync(bool fresh, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            bool hurry = fresh || last is { Unread.Count: > 0 };
            if (reading is null && (last is null || time.GetUtcNow() >= last.TakenAt + (hurry ? MinAge : MaxAge)))
            {
                reading = Task.Run(ReadAllAsync, CancellationToken.None);
            }

            return reading is not null && (fresh || last is null) ? reading.WaitAsync(cancellationToken) : Task.FromResult(last!);
        }
    }

    private async Task<RepositoryListing> ReadAllAsync()
    {
        DateTimeOffset now = time.GetUtcNow();
        await Task.WhenAll(appliances.Names.Select(ReadAsync));
        lock (gate)
        {
            reading = null;
            return last = new RepositoryListing(
                new RepositoryMatcher(
                    appliances.Names.Where(known.ContainsKey).SelectMany(n => known[n].Select(r => new ListedRepository(n, r)))),
                [.. appliances.Names.Where(n => !known.ContainsKey(n))],
                now);
        }
    }

    private async Task ReadAsync(string appliance)
    {
        using CancellationTokenSource patience = new(Patience, time);
        try
        {
            IReadOnlyList<Repository> repositories = await appliances.Get(appliance).GetRepositoriesAsync(patience.Token);
            lock (gate)
            {
                known[appliance] = repositories;
            }
        }
        catch (Exception e)
        {
            // One appliance, or the vault with its password, must not keep the others' events waiting.
            log.LogWarning("Appliance {Appliance} did not list its repositories for an S3 event: {Reason}", appliance, e.Message);
        }
    }
}
