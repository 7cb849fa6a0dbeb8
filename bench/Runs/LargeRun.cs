using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Runs;

/// <summary>How large a run is, and how it behaves.</summary>
/// <param name="Appliances">Simulated appliances, each a Kestrel of its own over HTTPS.</param>
/// <param name="RepositoriesEach">Repositories of each.</param>
/// <param name="ShortestSession">The sessions of the first appliance.</param>
/// <param name="LongestSession">Those of the last; the others lie between, in equal ratios.</param>
internal sealed record LargeRunSize(int Appliances, int RepositoriesEach, TimeSpan ShortestSession, TimeSpan LongestSession)
{
    public TimeSpan SessionOf(int appliance) =>
        ShortestSession * Math.Pow(LongestSession / ShortestSession, appliance / Math.Max(1.0, Appliances - 1));
}

/// <summary>
/// Rescans many repositories through the HTTP API, with the app, its state on SQLite, the appliances and the clients in this one process.
/// Sessions take virtual time: the clock moves on once everything waits, in steps as long as the first wait before a poll.
/// </summary>
internal sealed class LargeRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly LargeRunSize size;
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
    private readonly VirtualClock clock = new(new DateTimeOffset(2026, 1, 5, 1, 30, 0, TimeSpan.Zero));
    private readonly List<SimulatedAppliance> appliances = [];

    private LargeRun(LargeRunSize size) => this.size = size;

    /// <summary>Runs it from start to end.</summary>
    /// <exception cref="InvalidOperationException">The run did not rescan every repository well.</exception>
    public static async Task<LargeRunResult> RunAsync(LargeRunSize size)
    {
        LargeRun run = new(size);
        await using (run)
        {
            return await run.RunAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SimulatedAppliance appliance in appliances)
        {
            await appliance.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private sealed record RescanSpan(string Appliance, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, int Polls);

    private async Task<LargeRunResult> RunAsync()
    {
        IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection(await SettingsAsync()).Build();
        LocalFunctionHost host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(folder, "state.db"),
                FunctionsAssembly = typeof(RescanOptions).Assembly,
                Configuration = settings,
                ConfigureServices = services => services.AddRescan(settings),
                Url = new Uri("http://127.0.0.1:0"),
                Timers = false,
                Time = clock,
            },
            CancellationToken.None);
        await using (host)
        {
            using HttpClient http = new() { BaseAddress = host.BaseAddress };
            DateTimeOffset began = clock.GetUtcNow();
            using Process process = Process.GetCurrentProcess();
            TimeSpan cpu = process.TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            using HttpResponseMessage accepted = await http.PostAsJsonAsync(
                "api/rescans", new { filter = new { include = (string[])["*"] } });
            accepted.EnsureSuccessStatusCode();
            await DriveAsync(host);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            process.Refresh();
            cpu = process.TotalProcessorTime - cpu;

            JsonElement report = await http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location);
            int succeeded = report.GetProperty("counts").TryGetProperty("Succeeded", out JsonElement count) ? count.GetInt32() : 0;
            if (succeeded != size.Appliances * size.RepositoriesEach)
            {
                throw new InvalidOperationException(
                    $"Of {size.Appliances * size.RepositoriesEach} rescans {succeeded} succeeded: "
                        + $"{report.GetRawText()[..Math.Min(2000, report.GetRawText().Length)]}");
            }

            // What follows only measures, and its memory is not that of the run.
            process.Refresh();
            long peak = process.PeakWorkingSet64;
            List<RescanSpan> rescans = await SpansAsync(host.Services.GetRequiredService<OutcomeArchive>());
            return new LargeRunResult(
                rescans.Count, took, cpu, peak, clock.GetUtcNow() - began,
                appliances.Sum(a => a.Ledger.Count) / (double)rescans.Count, appliances.Min(ClosestTokens), StartDelay(rescans, began),
                rescans.Average(o => o.Polls), host.Worker.Turns, host.Worker.Activities);
        }
    }

    private async Task<Dictionary<string, string?>> SettingsAsync()
    {
        Dictionary<string, string?> settings = [];
        SimulatedAppliance[] started = await Task.WhenAll(
            Enumerable.Range(0, size.Appliances).Select(i => Task.Run(() => SimulatedAppliance.StartAsync(
            new SimulatorOptions
            {
                Repositories = [.. Enumerable.Range(0, size.RepositoriesEach).Select(r => new SimulatedRepository(
                    new Guid(i, 0, 0, [0, 0, 0, 0, (byte)(r >> 24), (byte)(r >> 16), (byte)(r >> 8), (byte)r]).ToString(),
                    Format($"repository-{r:000}"), Format($"bucket-{i}"), Format($"folder-{r}")))],
                SessionDuration = size.SessionOf(i),
                TokenLifetime = TokenLifetime,
                Time = clock,
            },
            CancellationToken.None))));
        appliances.AddRange(started);
        for (int i = 0; i < appliances.Count; i++)
        {
            string key = Format($"Rescan:Appliances:{i}:");
            settings[key + "Name"] = Format($"appliance-{i:000}");
            settings[key + "BaseUrl"] = appliances[i].BaseAddress.AbsoluteUri;
            settings[key + "Username"] = new SimulatorOptions().Username;
            settings[key + "Password"] = new SimulatorOptions().Password;
            settings[key + "Thumbprints:0"] = appliances[i].Thumbprint;
        }

        return settings;
    }

    /// <summary>Moves the clock whenever everything waits, until nothing has a timer any more.</summary>
    private async Task DriveAsync(LocalFunctionHost host)
    {
        TimeSpan step = TimeSpan.FromSeconds(2 * new PollingOptions().Kappa);
        long start = Stopwatch.GetTimestamp();
        do
        {
            while (!host.IsIdle)
            {
                await Task.Delay(1);
            }

            if (host.Failed.IsCompleted)
            {
                throw await host.Failed;
            }

            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new TimeoutException($"The run has not ended within {Patience}.");
            }

            // The engine sets its timer on a thread of its own, just after it has become idle.
            if (!clock.Move(step))
            {
                await Task.Delay(1);
            }
        }
        while (await IsUnderWayAsync(host));
    }

    private static async Task<bool> IsUnderWayAsync(LocalFunctionHost host)
    {
        OrchestrationQuery unfinished = new(
            Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running], PageSize: 1);
        await foreach (OrchestrationMetadata _ in host.Client.GetAllInstancesAsync(unfinished))
        {
            return true;
        }

        return false;
    }

    private static async Task<List<RescanSpan>> SpansAsync(OutcomeArchive archive)
    {
        List<RescanSpan> spans = [];
        await foreach (OutcomeArchiveItem item in archive.ExportAsync(CancellationToken.None))
        {
            if (item.Outcome?.Outcome is { } o)
            {
                spans.Add(new RescanSpan(o.Appliance, o.StartedAt, o.FinishedAt, o.Polls));
            }
        }

        return spans;
    }

    /// <summary>
    /// The shortest time between two token requests to an appliance, in token lifetimes; without end where it took only one.
    /// </summary>
    private static double ClosestTokens(SimulatedAppliance appliance)
    {
        DateTimeOffset[] tokens = [.. appliance.Ledger.Where(e => e is { Kind: "token", Method: "POST" }).Select(e => e.Time)];
        return tokens.Zip(tokens.Skip(1), (a, b) => (b - a) / TokenLifetime).DefaultIfEmpty(double.PositiveInfinity).Min();
    }

    /// <summary>The longest that a free place on an appliance waited for its next rescan, in virtual time.</summary>
    private static TimeSpan StartDelay(IReadOnlyList<RescanSpan> rescans, DateTimeOffset began)
    {
        int limit = new ApplianceOptions().MaxConcurrentRescans;
        return rescans.GroupBy(o => o.Appliance).Max(appliance =>
        {
            DateTimeOffset[] starts = [.. appliance.Select(o => o.StartedAt).Order()];
            DateTimeOffset[] ends = [.. appliance.Select(o => o.FinishedAt).Order()];
            return starts.Select((at, i) => at - (i < limit ? began : ends[i - limit])).Max();
        });
    }
}

/// <summary>What a large run came to.</summary>
/// <param name="Rescans">Rescans, all well.</param>
/// <param name="Took">Wall time from the request that started the run to its end.</param>
/// <param name="Cpu">Processor time in it, of all cores: what the wall time would be half of if two cores had nothing else to do.</param>
/// <param name="PeakBytes">The most memory that the process held up to the run's report, appliances included.</param>
/// <param name="VirtualTime">How long the run took by its own clock.</param>
/// <param name="RequestsEach">Requests to the appliance a rescan, listing and tokens included.</param>
/// <param name="ClosestTokens">The shortest time between two token requests to one appliance, in token lifetimes; without end
/// where no appliance took two.</param>
/// <param name="StartDelay">The longest that a place within the concurrency limit stayed free, in virtual time.</param>
/// <param name="PollsEach">Polls a rescan.</param>
/// <param name="Turns">Orchestrator turns.</param>
/// <param name="Activities">Activities.</param>
internal sealed record LargeRunResult(
    int Rescans, TimeSpan Took, TimeSpan Cpu, long PeakBytes, TimeSpan VirtualTime, double RequestsEach, double ClosestTokens,
    TimeSpan StartDelay, double PollsEach, long Turns, long Activities);
