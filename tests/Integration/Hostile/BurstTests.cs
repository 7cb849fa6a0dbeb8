using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>Many ask at once for repositories that nobody rescans yet.</summary>
public sealed class BurstTests
{
    [Theory]
    [InlineData(false, 24)]
    [InlineData(true, 8)]
    public async Task Pairs_and_bursts_for_idle_repositories_are_all_accepted_and_each_is_rescanned_once(bool onAzure, int repositories)
    {
        SimulatorOptions options =
            new() { SessionDuration = TimeSpan.FromMinutes(30), Repositories = SimulatedRepository.Many(repositories) };
        await using ApiHost api = await ApiHost.StartAsync([options], storage: onAzure ? await AzureTestHub.StorageAsync() : null);
        foreach (SimulatedRepository[] some in options.Repositories.Chunk(8))
        {
            // Pairs for most, a burst of ten for one.
            (int Status, string Repository, string RequestId)[] answers = await Task.WhenAll(
                some.SelectMany((r, i) => Enumerable.Range(0, i == 0 ? 10 : 2).Select(async _ =>
            {
                (int status, JsonElement body, HttpResponseMessage answer) = await api.SendAsync(
                    HttpMethod.Post, "/api/rescans", new { appliance = "one", repository = r.Id });
                answer.Dispose();
                return (status, r.Id, status == 202 ? body.GetProperty("requestId").GetString()! : body.ToString());
            })));

            Assert.All(answers, a => Assert.True(a.Status == 202, $"{a.Status} {a.RequestId}"));
            Assert.All(answers.GroupBy(a => a.Repository), g => Assert.Single(g.Select(a => a.RequestId).Distinct()));
        }

        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        while (api.Appliances[0].Ledger.Count(e => e.Kind == "rescan") < repositories)
        {
            await Task.Delay(50, patience.Token);
        }

        Assert.Equal(repositories, api.Appliances[0].Ledger.Where(e => e.Kind == "rescan").Select(e => e.Path).Distinct().Count());
        Assert.Equal(repositories, api.Appliances[0].Ledger.Count(e => e.Kind == "rescan"));
    }
}
