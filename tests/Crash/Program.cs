using System.Globalization;
using Rescan.Crash;
using Rescan.Crash.Hostile;
using Rescan.Crash.Orders;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Simulator;

// matrix: kills the app at every point of a rescan. chaos SEED: kills everything at random. endurance RESCANS: many in one process. orders
// N SEED: plays orders of events. hostile N SEED: rescans of appliances that break their answers. soak MINUTES: mixed load. Exit code 1
// when anything was lost or doubled.
switch (args)
{
    case ["matrix", .. var only]:
        return await MatrixAsync(only.FirstOrDefault());
    case ["points"]:
        (await new CrashMatrix(null).ListPointsAsync()).ToList().ForEach(Console.WriteLine);
        return 0;
    case ["endurance", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rescans)
        && rescans > 1000:
        return await new Endurance(rescans).RunAsync();
    case ["chaos", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seed):
        return await new Chaos(seed, onAzurite: false).RunAsync() + await new Chaos(seed, onAzurite: true).RunAsync() == 0 ? 0 : 1;
    case ["orders", var text, var from, .. var where]
        when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int orders)
            && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out int first):
        return await OrdersAsync(orders, first, where.FirstOrDefault());
    case ["hostile", var text, var from, .. var which]
        when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int cases)
            && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out int start)
            && which is [] or ["vbaws"] or ["vbr"]:
        SimulatedKind? kind = which is []
            ? null : which[0] == "vbr" ? SimulatedKind.VeeamBackupAndReplication : SimulatedKind.VeeamBackupForAws;
        IReadOnlyList<string> wrong = await new HostileAnswers(kind).TryAsync(cases, start, Console.WriteLine);
        wrong.ToList().ForEach(Console.WriteLine);
        return wrong.Count == 0 ? 0 : 1;
    case ["soak", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int minutes) && minutes >= 3:
        return await new Soak(TimeSpan.FromMinutes(minutes)).RunAsync();
    default:
        Console.Error.WriteLine(
            "matrix [sqlite|azurite] | points | chaos SEED | endurance RESCANS | orders N SEED [azurite] | hostile N SEED [vbaws|vbr] | "
                + "soak MINUTES (3 at least)");
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
        await using (AzuriteProcess azurite = await AzuriteProcess.StartAsync(
            AzuriteProcess.DefaultHome, data, 0, 0, 0, CancellationToken.None))
        {
            violations += await TryAsync("Azurite", new CrashMatrix(azurite.ConnectionString), 110);
            violations += await TryAsync(
                "Azurite, Veeam Backup & Replication", new CrashMatrix(azurite.ConnectionString, SimulatedKind.VeeamBackupAndReplication),
                30);
        }

        Directory.Delete(data, recursive: true);
    }

    return violations == 0 ? 0 : 1;
}

static async Task<int> OrdersAsync(int count, int seed, string? store)
{
    AzuriteProcess? azurite = null;
    string data = Directory.CreateTempSubdirectory("rescan-crash-azurite-").FullName;
    if (store == "azurite")
    {
        azurite = await AzuriteProcess.StartAsync(AzuriteProcess.DefaultHome, data, 0, 0, 0, CancellationToken.None);
    }

    IReadOnlyList<OrderResult> failures = await new OrderExplorer(azurite?.ConnectionString).ExploreAsync(count, seed, Console.WriteLine);
    await (azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
    Directory.Delete(data, recursive: true);
    return failures.Count == 0 ? 0 : 1;
}

static async Task<int> TryAsync(string store, CrashMatrix matrix, int storageRequests = 0)
{
    IReadOnlyList<string> points = await matrix.ListPointsAsync();
    Console.WriteLine($"{store}: {points.Count} points in a rescan");

    // Microsoft's provider makes many requests, and a process that was killed is followed after half a minute only.
    string[] storage = [.. points.Where(p => p.StartsWith("storage", StringComparison.Ordinal))];
    new Random(12).Shuffle(storage);
    points = [.. points.Except(storage), .. storage.Take(storageRequests)];
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
    Console.WriteLine(
        $"{store}: {results.Count} points tried, {killed} kills ({results.Count - killed} points not met again), {violations} violations");
    return violations;
}
