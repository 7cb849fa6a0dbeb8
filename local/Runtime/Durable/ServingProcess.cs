using System.Text.Json;
using Rescan.Local.Runtime.Processes;

namespace Rescan.Local.Runtime.Durable;

/// <summary>A process that serves a task hub, as it tells others.</summary>
/// <param name="Url">Where it answers.</param>
/// <param name="Process">Which process, on which machine.</param>
/// <param name="Since">When it began.</param>
internal sealed record ServingProcess(Uri Url, string Process, DateTimeOffset Since)
{
    private const string KeyPrefix = "serving-";

    /// <summary>Tells where this process answers, and takes note of those that have died.</summary>
    /// <returns>The key to take it back by.</returns>
    public static async Task<string> RegisterAsync(ITaskHubValues values, Uri url, CancellationToken cancellationToken)
    {
        foreach ((string old, ServingProcess other) in await AllAsync(values, cancellationToken))
        {
            if (ProcessName.IsDead(other.Process))
            {
                await values.SetAsync(old, null, cancellationToken);
            }
        }

        string key = KeyPrefix + Guid.NewGuid().ToString("N");
        await values.SetAsync(
            key, JsonSerializer.Serialize(new ServingProcess(url, ProcessName.Current, DateTimeOffset.UtcNow)), cancellationToken);
        return key;
    }

    /// <summary>Where one of the processes that serve the hub answers, the newest; null when none is known to live.</summary>
    public static async Task<Uri?> FindAsync(ITaskHubValues values, CancellationToken cancellationToken) =>
        (await AllAsync(values, cancellationToken)).Select(p => p.Process).Where(p => !ProcessName.IsDead(p.Process))
        .OrderByDescending(p => p.Since).FirstOrDefault()?.Url;

    private static async Task<List<(string Key, ServingProcess Process)>> AllAsync(
        ITaskHubValues values, CancellationToken cancellationToken) =>
        [.. (await values.ListAsync(KeyPrefix, cancellationToken)).Select(
            v => (v.Key, JsonSerializer.Deserialize<ServingProcess>(v.Value)!))];
}
