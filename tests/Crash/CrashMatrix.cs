using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Simulator;

namespace Rescan.Crash;

/// <summary>What came of killing the app at one point.</summary>
/// <param name="Point">The point; null where none was set.</param>
/// <param name="Killed">Whether the app came by it.</param>
/// <param name="Violations">What is wrong afterwards.</param>
internal sealed record CrashResult(string? Point, bool Killed, IReadOnlyList<string> Violations);

/// <summary>
/// A whole rescan by the real <c>rescan serve</c>, killed at one point and started again with the same command; then the appliance's
/// ledger, the outcome store, the task hub and the receiver of notifications are held against each other.
/// </summary>
/// <param name="storage">Connection string of a storage account; null for SQLite.</param>
internal sealed class CrashMatrix(string? storage, SimulatedKind kind = SimulatedKind.VeeamBackupForAws)
{
    private readonly SimulatorOptions options = SimulatorOptions.Of(kind) with { SessionDuration = TimeSpan.FromSeconds(1) };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    // On a storage account a restarted app waits half a minute for what the killed one had taken.
    private const int Waiting = 8;

    private int cases;

    /// <summary>Every point that a whole rescan passes.</summary>
    public async Task<IReadOnlyList<string>> ListPointsAsync()
    {
        string log = Path.GetTempFileName();
        try
        {
            CrashResult result = await RunAsync(null, log);
            return result.Violations.Count > 0
                ? throw new InvalidOperationException($"Without any crash: {string.Join("; ", result.Violations)}")
                : [.. (await File.ReadAllLinesAsync(log)).Distinct()];
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>Tries each point once, a few side by side.</summary>
    public async Task<IReadOnlyList<CrashResult>> TryAsync(IEnumerable<string> points, Action<CrashResult> done)
    {
        ConcurrentBag<CrashResult> results = [];
        await Parallel.ForEachAsync(
            points, new ParallelOptions { MaxDegreeOfParallelism = storage is null ? Math.Max(2, Environment.ProcessorCount) : Waiting },
            async (point, _) =>
        {
            CrashResult result = await RunAsync(point, null);
            results.Add(result);
            done(result);
        });
        return [.. results];
    }

    private async Task<CrashResult> RunAsync(string? point, string? log)
    {
        string folder = Directory.CreateTempSubdirectory("rescan-crash-").FullName;
        string hub = string.Create(CultureInfo.InvariantCulture, $"C{Environment.ProcessId}x{Interlocked.Increment(ref cases)}");
        List<string> violations = [];
        bool killed = false;
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, default);
        await using NoticeReceiver receiver = await NoticeReceiver.StartAsync();
        string id = "rescan-a1-" + SimulatorOptionsRepository;
        try
        {
            string? request = null;
            for (int start = 0; ; start++)
            {
                if (start > 3)
                {
                    throw new InvalidOperationException("it does not get through");
                }

                await using ServedApp app = ServedApp.Start(
                    Settings(appliance, receiver, killed ? null : point, start == 0 ? log : null), Arguments(folder, hub));
                try
                {
                    if (await app.ReadyAsync() is { } http)
                    {
                        request = await AskAsync(http, id, request);
                        await EndAsync(http, id, request, await ReadTableAsync(folder, hub));
                        await QuietAsync(log);
                        if (await app.StopAsync() == 0)
                        {
                            break;
                        }
                    }
                }
                catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException or OutcomeStoreException)
                {
                    // It is gone, as it should be.
                }

                int exit = await app.ExitAsync();
                if (exit != 137 || point is null || killed)
                {
                    throw new InvalidOperationException($"it ended by itself with {exit}: {app.Said}");
                }

                killed = true;
            }

            await CheckAsync(folder, hub, request, point, appliance, receiver, violations);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or OperationCanceledException)
        {
            violations.Add(e.Message);
        }

        Directory.Delete(folder, recursive: true);
        return new CrashResult(point, killed, violations);
    }

    private static string SimulatorOptionsRepository => SimulatedRepository.Defaults[0].Id;

    private string[] Arguments(string folder, string hub) => storage is null
        ? ["--state", folder]
        : ["--state", folder, "--storage", storage, "--hub", hub];

    private Dictionary<string, string> Settings(SimulatedAppliance appliance, NoticeReceiver receiver, string? point, string? log) =>
        new(ServedApp.Failpoints(point, log))
        {
            ["Rescan__Appliances__0__Name"] = "a1",
            ["Rescan__Appliances__0__Kind"] = options.Kind.ToString(),
            ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan__Appliances__0__Username"] = options.Username,
            ["Rescan__Appliances__0__Password"] = "demo-password",
            ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,

            // A session that was started for an answer that never came is known again only where the revision tells who started it.
            ["Rescan__Appliances__0__ApiVersion"] = options.Kind == SimulatedKind.VeeamBackupAndReplication ? "auto" : "",
            ["Rescan__LostAnswerWait"] = "00:00:03",
            ["Rescan__Polling__Kappa"] = "0.1",
            ["Rescan__Polling__MinInterval"] = "00:00:00.5",
            ["Rescan__Polling__MaxInterval"] = "00:00:01",
            ["Rescan__Notifications__Channels__0__Kind"] = "webhook",
            ["Rescan__Notifications__Channels__0__Url"] = receiver.Address,
            ["Rescan__Notifications__Channels__0__Secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ["Rescan__Notifications__Channels__0__When"] = "always",
        };

    /// <summary>Asks for the rescan unless the app knows it: who got no answer looks before asking again.</summary>
    private static async Task<string> AskAsync(HttpClient http, string id, string? request)
    {
        using HttpResponseMessage known = await http.GetAsync(new Uri("/api/rescans/" + id, UriKind.Relative));
        if (known.StatusCode == HttpStatusCode.NotFound)
        {
            if (request is not null)
            {
                throw new InvalidOperationException("a rescan that had been accepted is not known any more");
            }

            using HttpResponseMessage asked = await http.PostAsJsonAsync(
                new Uri("/api/rescans", UriKind.Relative), new { appliance = "a1", repository = SimulatorOptionsRepository });
            return (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("requestId").GetString()!;
        }

        return (await known.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("requestId").GetString()!;
    }

    private static async Task EndAsync(HttpClient http, string id, string request, ITable table)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            JsonElement rescan = await http.GetFromJsonAsync<JsonElement>($"/api/rescans/{id}?requestId={request}", patience.Token);
            if (rescan.GetProperty("outcome").ValueKind == JsonValueKind.Object && rescan.GetProperty("status").GetString() != "Running"
                && await new DeliveryStore(table).IsDeliveredAsync(request, "webhook", patience.Token))
            {
                return;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Lets whoever lists points come to the last one.</summary>
    private static async Task QuietAsync(string? log)
    {
        long seen = -1;
        while (log is not null && new FileInfo(log).Length is var length && length != seen)
        {
            seen = length;
            await Task.Delay(TimeSpan.FromSeconds(3));
        }
    }

    /// <summary>What the app keeps, read beside it.</summary>
    private async Task<ITable> ReadTableAsync(string folder, string hub) => storage is null
        ? (await TaskHubView.OpenAsync(new TaskHubOptions { StateFile = Path.Combine(folder, "state.db") }, CancellationToken.None))!.Table!
        : AzureTable.Of(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Outcomes:Table"] = hub + "Outcomes",
            ["AzureWebJobsStorage"] = storage,
        }).Build());

    private async Task CheckAsync(
        string folder, string hub, string? request, string? point, SimulatedAppliance appliance, NoticeReceiver receiver,
        List<string> violations)
    {
        void Expect(bool held, FormattableString what)
        {
            if (!held)
            {
                violations.Add(what.ToString(CultureInfo.InvariantCulture));
            }
        }

        TaskHub taskHub = await TaskHub.OpenAsync(
            new TaskHubOptions { StateFile = Path.Combine(folder, "state.db"), Storage = storage, Name = hub }, CancellationToken.None);
        await using (taskHub)
        {
            // The notification's instance may have been stopped between its delivery and its end.
            OrchestrationQuery unfinished = new(
                Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended]);
            int open = 0;
            await foreach (OrchestrationMetadata instance in taskHub.CreateClient().GetAllInstancesAsync(unfinished))
            {
                open += instance.InstanceId.StartsWith("notify-", StringComparison.Ordinal) ? 0 : 1;
            }

            Expect(open == 0, $"{open} instances have not ended");
        }

        List<RecordedOutcome> outcomes = [];
        await foreach (OutcomeArchiveItem item in OutcomeArchive.Of(await ReadTableAsync(folder, hub)).ExportAsync(CancellationToken.None))
        {
            outcomes.AddRange(item.Outcome is { } outcome ? [outcome] : []);
        }

        int sessions = appliance.Ledger.Count(e => e is { Kind: "rescan", Status: 201 or 202 });
        Expect(outcomes.Count == 1, $"{outcomes.Count} outcomes");
        Expect(sessions == 1, $"{sessions} sessions");
        if (outcomes is [var only])
        {
            Expect(only.RequestId == request, $"the outcome is of request {only.RequestId}, asked was {request}");
            Expect(only.Outcome.Outcome == Outcome.Succeeded, $"the outcome is {only.Outcome.Outcome}: {only.Outcome.Reason}");
            Expect(
                only.Outcome.SessionId is { } session && appliance.Ledger.Any(e => e.Path.Contains(session, StringComparison.Ordinal)),
                $"the session is {only.Outcome.SessionId}");
        }

        // Telling somebody and noting it are two systems: between them a repeat bears the same id, by which the receiver knows it.
        int distinct = receiver.Ids.Distinct().Count();
        Expect(distinct == 1, $"{distinct} notifications");
        Expect(receiver.Ids.Count == 1 || (receiver.Ids.Count == 2 && point is not null), $"{receiver.Ids.Count} deliveries");
    }
}
