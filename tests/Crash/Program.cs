using System.Globalization;
using Rescan.Crash;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Simulator;

// matrix: kills the app at every point of a rescan. chaos SEED: kills everything at random. endurance RESCANS: many in one process. Exit code 1 when anything was lost or doubled.
switch (args)
{
    case ["matrix", .. var only]:
        return await MatrixAsync(only.FirstOrDefault());
    case ["points"]:
        (await new CrashMatrix(null).ListPointsAsync()).ToList().ForEach(Console.WriteLine);
        return 0;
    case ["endurance", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rescans) && rescans > 1000:
        return await new Endurance(rescans).RunAsync();
    case ["chaos", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed):
        return await new Chaos(seed).RunAsync();
    default:
        Console.Error.WriteLine("matrix [sqlite|azurite] | points | chaos SEED | endurance RESCANS");
        return 64;
}

static async Task<int> MatrixAsync(string? only)
{
    int violations = 0;
    if (only is null or "sqlite")
    {
        violations += await TryAsync("SQLite", new CrashMatrix(null));
        violations += await TryAsync("SQLite, Veeam Backup & Replication", new CrashMatrix(null, SimulatedKind.VeeamBackupAndReplication));
    }

    if (only is null or "azurite")
    {
        string data = Directory.CreateTempSubdirectory("rescan-crash-azurite-").FullName;
        await using (AzuriteProcess azurite = await AzuriteProcess.StartAsync(AzuriteProcess.DefaultHome, data, 0, 0, 0, CancellationToken.None))
        {
            violations += await TryAsync("Azurite", new CrashMatrix(azurite.ConnectionString));
        }

        Directory.Delete(data, recursive: true);
    }

    return violations == 0 ? 0 : 1;
}

static async Task<int> TryAsync(string store, CrashMatrix matrix)
{
    IReadOnlyList<string> points = await matrix.ListPointsAsync();
    Console.WriteLine($"{store}: {points.Count} points in a rescan");
    int done = 0;
    IReadOnlyList<CrashResult> results = await matrix.TryAsync(points, result =>
    {
        int count = Interlocked.Increment(ref done);
        if (result.Violations.Count > 0)
        {
            Console.WriteLine($"{store}: VIOLATION at {result.Point}: {string.Join("; ", result.Violations)}");
        }
        else if (count % 25 == 0)
        {
            Console.WriteLine($"{store}: {count} of {points.Count}");
        }
    });
    int killed = results.Count(r => r.Killed);
    int violations = results.Count(r => r.Violations.Count > 0);
    Console.WriteLine($"{store}: {results.Count} points tried, {killed} kills ({results.Count - killed} points not met again), {violations} violations");
    return violations;
}
