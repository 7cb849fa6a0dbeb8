using System.Text;
using Rescan.Crash;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Durability;

/// <summary>Kills the real process at points that cover every kind; <c>./test --crash</c> takes all of them.</summary>
public sealed class CrashMatrixTests
{
    [Fact]
    public Task On_SQLite_nothing_is_lost_and_nothing_is_done_twice() => TryAsync(new CrashMatrix(null), 13);

    [Fact]
    public Task On_Veeam_Backup_and_Replication_nothing_is_lost_and_nothing_is_done_twice() =>
        TryAsync(new CrashMatrix(null, SimulatedKind.VeeamBackupAndReplication), 12);

    [Fact]
    public async Task On_Azurite_nothing_is_lost_and_nothing_is_done_twice() =>
        await TryAsync(new CrashMatrix(await AzureTestHub.StorageAsync()), 11);

    /// <summary>The points around the POST, the outcome and the notification, then others evenly.</summary>
    internal static IReadOnlyList<string> Choose(IReadOnlyList<string> points, int count)
    {
        List<string> chosen =
        [
            "appliance rescan before#1", "appliance rescan during#1", "appliance rescan after#1", "notice during#1", "notice after#1",
            .. points.Where(p => p.StartsWith("commit outcomes", StringComparison.Ordinal) && !p.EndsWith("#1", StringComparison.Ordinal))
            .Take(6),
            .. points.Where(
                p => p.StartsWith("storage outcomes", StringComparison.Ordinal) && p.Contains("during", StringComparison.Ordinal)).Take(4),
        ];
        Assert.Subset(points.ToHashSet(), chosen.ToHashSet());
        List<string> others = [.. points.Except(chosen)];
        double step = others.Count / (double)(count - chosen.Count);
        return [.. chosen, .. Enumerable.Range(0, count - chosen.Count).Select(i => others[(int)(i * step)])];
    }

    private static async Task TryAsync(CrashMatrix matrix, int count)
    {
        IReadOnlyList<CrashResult> results = await matrix.TryAsync(Choose(await matrix.ListPointsAsync(), count), _ => { });

        StringBuilder violations = new();
        foreach (CrashResult result in results.Where(r => r.Violations.Count > 0))
        {
            violations.AppendLine($"{result.Point}: {string.Join("; ", result.Violations)}");
        }

        Assert.Equal("", violations.ToString());
        Assert.True(results.Count(r => r.Killed) >= count / 2, "Most points must be met, or nothing was tried.");
    }
}
