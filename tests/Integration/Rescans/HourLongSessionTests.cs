using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Rescans;

/// <summary>A session of an hour over real HTTPS, in virtual time, with the poll schedule as it comes.</summary>
public sealed class HourLongSessionTests
{
    private const int MostPolls = 100;
    private const int MostEvents = 100;

    [Fact]
    public async Task An_hour_takes_few_polls_and_no_replay_reads_a_long_history()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 1, 30, 0, TimeSpan.Zero));
        await using ApiHost api = await ApiHost.StartAsync(
            [new SimulatorOptions { Time = time, SessionDuration = TimeSpan.FromHours(1) }],
            new() { ["Rescan:Polling:MinInterval"] = "00:00:02", ["Rescan:Polling:MaxInterval"] = "00:30:00" }, time: time);
        SimulatedRepository repository = SimulatedRepository.Defaults[0];
        string id = (await api.Host.Services.GetRequiredService<RescanStarter>().StartAsync(
            api.Host.Client, "one", new Repository(repository.Id, repository.Name), null, default)).Id;

        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        Task<OrchestrationMetadata> end = api.Host.Client.WaitForInstanceCompletionAsync(id, true, patience.Token);
        long events = 0;
        while (!end.IsCompleted)
        {
            while (!api.Host.IsIdle)
            {
                await Task.Delay(1);
            }

            events = Math.Max(events, (await api.LongestHistoryAsync(nameof(RescanOrchestration))).Events);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        RescanOutcome outcome = (await end).ReadOutputAs<RescanOutcome>()!;
        Assert.Equal((Outcome.Succeeded, 3600d), (outcome.Outcome, outcome.DurationSeconds));
        Assert.InRange(outcome.Polls, 5, MostPolls);
        Assert.InRange(events, 10, MostEvents);
        Assert.Equal(outcome.Polls, api.Appliances[0].Ledger.Count(e => e.Kind == "session"));
    }
}
