using System.Globalization;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runs;

/// <summary>A run over a thousand repositories on twenty appliances over real HTTPS, in virtual time.</summary>
public sealed class RunScaleTests
{
    private const int Appliances = 20;
    private const int Each = 50;
    private const int Limit = 3;
    private const int MostEvents = 1000;
    private const int MostCharacters = 250_000;
    private static readonly TimeSpan Session = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_thousand_repositories_are_rescanned_within_every_appliances_limit_and_no_history_grows_long()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
        Dictionary<string, string?> settings = new()
        {
            ["Rescan:Polling:MinInterval"] = "00:05:00", ["Rescan:Polling:MaxInterval"] = "00:10:00",
        };
        for (int i = 0; i < Appliances; i++)
        {
            settings[string.Create(CultureInfo.InvariantCulture, $"Rescan:Appliances:{i}:MaxConcurrentRescans")] = Limit.ToString(
                CultureInfo.InvariantCulture);
        }

        await using ApiHost api = await ApiHost.StartAsync(Enumerable.Range(0, Appliances).Select(a => new SimulatorOptions
        {
            Time = time,
            SessionDuration = Session,
            TokenLifetime = TimeSpan.FromDays(30),
            Repositories = [
                .. Enumerable.Range(0, Each)
                .Select(r => new SimulatedRepository(
                    new Guid(a, (short)r, 0, new byte[8]).ToString(), $"repository-{r:000}", $"bucket-{a}", $"folder-{r}"))],
        }), settings, time: time);
        RunStarter starter = api.Host.Services.GetRequiredService<RunStarter>();
        string id = (await starter.StartAsync(api.Host.Client, null, new RepositoryFilter(), "scale", null, default)).Id;

        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(5));
        (long Events, long Characters) longest = default;
        string[] orchestrations = [nameof(RunOrchestration), nameof(RunApplianceOrchestration), nameof(RescanOrchestration)];
        Task<OrchestrationMetadata> end = api.Host.Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
        for (int step = 0; !end.IsCompleted; step++)
        {
            if (step % 40 == 0)
            {
                foreach ((long events, long characters) in await Task.WhenAll(orchestrations.Select(api.LongestHistoryAsync)))
                {
                    longest = (Math.Max(longest.Events, events), Math.Max(longest.Characters, characters));
                }
            }

            // Real requests take real time: the virtual clock goes on when all has been done that its hour asks for.
            while (!api.Host.IsIdle)
            {
                await Task.Delay(1);
            }

            time.Advance(TimeSpan.FromSeconds(15));
        }

        RunRecord run = (await end).ReadOutputAs<RunRecord>()!;
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal(Appliances * Each, run.Counts["Succeeded"]);
        Assert.Empty(run.Warnings);
        foreach (SimulatedAppliance appliance in api.Appliances)
        {
            DateTimeOffset[] starts = [.. appliance.Ledger.Where(e => e.Kind == "rescan").Select(e => e.Time).Order()];
            Assert.Equal(Each, starts.Length);

            // The ledger notes a request at its end, at most a step of the clock after the session began.
            int most = starts.Max(s => starts.Count(o => o <= s && s < o + Session - TimeSpan.FromSeconds(30)));
            Assert.InRange(most, 2, Limit);
        }

        Assert.InRange(longest.Events, 20, MostEvents);
        Assert.InRange(longest.Characters, 1000, MostCharacters);
    }
}
