using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Local.Runtime.Azurite;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Cost;

/// <summary>What rescans cost, counted.</summary>
/// <param name="Polls">Polls a rescan.</param>
/// <param name="ApplianceRequests">Requests to the appliance a rescan, by its own ledger.</param>
/// <param name="Executions">Function executions a rescan: activities and orchestrator turns.</param>
/// <param name="StorageTransactions">Requests to storage a rescan, or transactions of SQLite.</param>
/// <param name="StoredBytes">Bytes written to SQLite's log a rescan; 0 on Azure Storage.</param>
internal sealed record CostCount(double Polls, double ApplianceRequests, double Executions, double StorageTransactions, double StoredBytes)
{
    /// <summary>What a rescan of so many polls costs, on the line through two that were counted.</summary>
    public static CostCount At(double polls, CostCount few, CostCount many)
    {
        double On(Func<CostCount, double> value) =>
            value(few) + ((value(many) - value(few)) * (polls - few.Polls) / (many.Polls - few.Polls));
        return new CostCount(
            polls, On(c => c.ApplianceRequests), On(c => c.Executions), On(c => c.StorageTransactions), On(c => c.StoredBytes));
    }
}

/// <summary>Rescans the same repositories through the app, whole, on one store, and counts.</summary>
internal static class CostRun
{
    /// <summary>Runs rescans one appliance after another: each appliance's sessions take another time.</summary>
    /// <param name="azurite">Azure Storage; SQLite when null.</param>
    /// <param name="sessions">How long the sessions take, an appliance each.</param>
    /// <returns>One count an appliance.</returns>
    public static async Task<IReadOnlyList<CostCount>> RunAsync(AzuriteProcess? azurite, IReadOnlyList<TimeSpan> sessions)
    {
        string folder = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
        string state = Path.Combine(folder, "state.db");
        List<SimulatedAppliance> appliances = [];
        try
        {
            Dictionary<string, string?> values = [];
            values["AzureWebJobsStorage"] = azurite?.ConnectionString;
            foreach (TimeSpan session in sessions)
            {
                SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(
                    new SimulatorOptions { SessionDuration = session }, CancellationToken.None);
                string key = Format($"Rescan:Appliances:{appliances.Count}:");
                values[key + "Name"] = Format($"appliance-{appliances.Count}");
                values[key + "BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
                values[key + "Username"] = new SimulatorOptions().Username;
                values[key + "Password"] = new SimulatorOptions().Password;
                values[key + "Thumbprints:0"] = appliance.Thumbprint;
                appliances.Add(appliance);
            }

            IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
            LocalFunctionHost host = await LocalFunctionHost.StartAsync(
                new LocalHostOptions
                {
                    StateFile = state,
                    Storage = azurite?.ConnectionString,
                    FunctionsAssembly = typeof(RescanOptions).Assembly,
                    Configuration = settings,
                    ConfigureServices = services => services.AddRescan(settings),
                    Url = new Uri("http://127.0.0.1:0"),
                    Timers = false,
                },
                CancellationToken.None);
            await using (host)
            {
                using StorageRequests? requests = azurite is null ? null : new StorageRequests(azurite.TablePort);
                (long Transactions, long Bytes) Stored()
                {
                    WriteAheadLog log = WriteAheadLog.Read(state);
                    return requests is null ? (log.Commits, log.Bytes) : (requests.Count, 0);
                }

                List<CostCount> counts = [];
                for (int i = 0; i < appliances.Count; i++)
                {
                    // The first one signs in, makes tables and the like, which the others need not.
                    await RescanAsync(host, i, SimulatedRepository.Defaults[0]);
                    using IDisposable? heldState = azurite is null ? WriteAheadLog.Hold(state) : null;
                    (long transactions, long bytes) = Stored();
                    (long executions, int asked) = (host.Worker.Turns + host.Worker.Activities, appliances[i].Ledger.Count);
                    int polls = 0;
                    int rescans = 0;
                    foreach (SimulatedRepository repository in SimulatedRepository.Defaults.Skip(1))
                    {
                        polls += await RescanAsync(host, i, repository);
                        rescans++;
                    }

                    (long transactionsNow, long bytesNow) = Stored();
                    counts.Add(new CostCount(
                        polls / (double)rescans,
                        (appliances[i].Ledger.Count - asked) / (double)rescans,
                        (host.Worker.Turns + host.Worker.Activities - executions) / (double)rescans,
                        (transactionsNow - transactions) / (double)rescans,
                        (bytesNow - bytes) / (double)rescans));
                }

                return counts;
            }
        }
        finally
        {
            foreach (SimulatedAppliance appliance in appliances)
            {
                await appliance.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>Polls that it took.</returns>
    private static async Task<int> RescanAsync(LocalFunctionHost host, int appliance, SimulatedRepository repository)
    {
        using HttpClient http = new() { BaseAddress = host.BaseAddress };
        using HttpResponseMessage accepted = await http.PostAsJsonAsync(
            "api/rescans", new { appliance = Format($"appliance-{appliance}"), repository = repository.Id });
        accepted.EnsureSuccessStatusCode();
        string id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await host.Client.WaitForInstanceCompletionAsync(id);

        // Whatever the rescan set going, such as telling of its end, belongs to it.
        while (!host.IsIdle)
        {
            await Task.Delay(5);
        }

        JsonElement outcome = (await host.Client.GetInstanceAsync(id, true))!.ReadOutputAs<JsonElement>();
        return outcome.GetProperty("Polls").GetInt32();
    }
}
