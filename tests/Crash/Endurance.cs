using System.Diagnostics;
using System.Globalization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Simulator;

namespace Rescan.Crash;

/// <summary>
/// Thousands of rescans in one process, over real HTTPS, on a clock that runs faster: memory must stay,
/// and pruning must give the room back.
/// </summary>
internal sealed class Endurance(int rescans)
{
    private const int First = 1000;
    private const int AtOnce = 48;
    private const int Speed = 60;
    private const double Growth = 1.10;

    /// <summary>
    /// A busy machine wakes more threads, and each keeps buffers of its own; a leak of a hundred bytes a rescan is more than this.
    /// </summary>
    private const long ThreadBuffers = 1024 * 1024;
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-endurance-").FullName;

    public async Task<int> RunAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await using ApplianceProcess appliance = await ApplianceProcess.StartAsync(
            "a1", Path.Combine(folder, "appliance.json"), AtOnce, "0.05s", keep: false);
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "a1",
            ["Rescan:Appliances:0:BaseUrl"] = appliance.Address.AbsoluteUri,
            ["Rescan:Appliances:0:Username"] = "rescan",
            ["Rescan:Appliances:0:Password"] = "demo-password",
            ["Rescan:Appliances:0:Thumbprints:0"] = appliance.Thumbprint,
        }).Build();
        FastTime time = new(Speed);
        LocalFunctionHost host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = configuration,
                ConfigureServices = services => services.AddRescan(configuration),
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
                Time = time,
            },
            CancellationToken.None);
        int wrong = 0;
        long before;
        long after;
        await using (host)
        {
            wrong += await RescanAsync(host, appliance, First);
            before = Memory();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture, $"{First} rescans: {before / 1024.0 / 1024:0.0} MiB, {watch.Elapsed.TotalSeconds:0} s"));
            wrong += await RescanAsync(host, appliance, rescans - First);
            after = Memory();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture, $"{rescans} rescans: {after / 1024.0 / 1024:0.0} MiB, {watch.Elapsed.TotalSeconds:0} s"));
        }

        (int recorded, long full, long pruned) = await PruneAsync(time);
        int sessions = (await appliance.LedgerAsync()).Count(e => e is { Kind: "rescan", Status: 202 });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"endurance: {wrong} without success, {recorded} outcomes, {sessions} sessions, memory x "
                + $"{(double)after / before:0.00}, files {full / 1024} KiB, pruned {pruned / 1024} KiB"));
        Directory.Delete(folder, recursive: true);
        return wrong == 0 && recorded == rescans && sessions == rescans && (after <= before * Growth || after <= before + ThreadBuffers)
            && pruned < full / 4 ? 0 : 1;
    }

    private static long Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task<int> RescanAsync(LocalFunctionHost host, ApplianceProcess appliance, int count)
    {
        int next = 0;
        int wrong = 0;
        await Task.WhenAll(appliance.Repositories.Select(async repository =>
        {
            while (Interlocked.Increment(ref next) <= count)
            {
                string id = RescanRequest.InstanceIdOf("a1", repository.Id);
                RescanRequest request = new(
                    "a1", new RepositoryRef(repository.Id, repository.Name), TimeSpan.FromHours(24),
                    new PollingOptions { Kappa = 5, MinInterval = TimeSpan.FromSeconds(5), MaxInterval = TimeSpan.FromMinutes(1) });
                await host.Client.ScheduleNewOrchestrationInstanceAsync(
                    nameof(RescanOrchestration), request, new StartOrchestrationOptions(id));
                OrchestrationMetadata ended = await host.Client.WaitForInstanceCompletionAsync(id, true);
                if (ended.RuntimeStatus != OrchestrationRuntimeStatus.Completed
                    || ended.ReadOutputAs<RescanOutcome>() is not { Outcome: Outcome.Succeeded } outcome)
                {
                    Interlocked.Increment(ref wrong);
                    Console.WriteLine($"{id}: {ended.RuntimeStatus} {ended.SerializedOutput} {ended.FailureDetails?.ErrorMessage}");
                }
            }
        }));
        return wrong;
    }

    private async Task<(int Recorded, long Full, long Pruned)> PruneAsync(FastTime time)
    {
        long full = Size();
        DateTimeOffset later = time.GetUtcNow().AddDays(1);
        int recorded;
        TaskHub hub = await TaskHub.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(folder, "state.db") }, CancellationToken.None);
        await using (hub)
        {
            await hub.CreateClient().PurgeAllInstancesAsync(new PurgeInstancesFilter(CreatedTo: later));
            recorded = await OutcomeArchive.Of(hub.Table!).PruneAsync(later, CancellationToken.None);
            await hub.ShrinkAsync(CancellationToken.None);
        }

        // The file is cut when its log goes into it, at the latest when it is closed.
        return (recorded, full, Size());
    }

    private long Size() => Directory.GetFiles(folder, "*.db*").Sum(f => new FileInfo(f).Length);

    /// <summary>The clock of the machine, so many times as fast.</summary>
    private sealed class FastTime(int speed) : TimeProvider
    {
        private readonly DateTimeOffset start = DateTimeOffset.UtcNow;
        private readonly long begun = Stopwatch.GetTimestamp();

        public override long TimestampFrequency => System.TimestampFrequency / speed;

        public override DateTimeOffset GetUtcNow() => start + (Stopwatch.GetElapsedTime(begun) * speed);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new FastTimer(System.CreateTimer(callback, state, Real(dueTime), Real(period)), this);

        private TimeSpan Real(TimeSpan span) =>
            span > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds / speed)) : span;

        private sealed class FastTimer(ITimer timer, FastTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(time.Real(dueTime), time.Real(period));

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
