using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using DurableTask.Core.History;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Configuration;
using Rescan.Functions.Polling;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Functions.Storage.AzureTables;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Operations;

/// <summary>The numbers that the cost estimate in docs/operations.md reckons with are what a rescan does.</summary>
public sealed class CostTests
{
    private static readonly string Docs = SourceTree.Read("docs/operations.md");

    [Fact]
    public async Task A_rescan_does_as_much_as_the_estimate_says()
    {
        Counter tables = new();
        TableClientOptions options = new();
        options.AddPolicy(tables, HttpPipelinePosition.PerRetry);
        TableClient table = new(await AzureTestHub.StorageAsync(), "Cost" + Guid.NewGuid().ToString("N")[..12], options);
        await using VaultApp app = await VaultApp.StartAsync("p", more: services => services.AddSingleton<ITable>(new AzureTable(table)));
        // The table is made once in the life of an app.
        await app.EndAsync(await app.StartRescanAsync());
        int tablesBefore = tables.Count;
        int vaultBefore = app.Vault.Answers.Count;
        await app.ForgetTokensAsync();

        string id = await app.StartRescanAsync();
        RescanOutcome outcome = await app.EndAsync(id);

        (int turns, int activities, int timers) = await WorkAsync(app.Client, id);
        Assert.Equal(
            (Number("activities, besides polls"), Number("requests to the outcome table"), Number("reads of the vault")),
            (activities - outcome.Polls, tables.Count - tablesBefore, app.Vault.Answers.Count - vaultBefore));
        Assert.InRange(timers, outcome.Polls - 1, outcome.Polls);
        Assert.InRange(turns, 1, 1 + activities + timers);
    }

    [Theory]
    [InlineData("polls, a session of 10 minutes, none before", new double[0])]
    [InlineData("polls, a session of 10 minutes, like five before", new double[] { 600, 600, 600, 600, 600 })]
    public void The_schedule_polls_as_often_as_the_estimate_says(string name, double[] past)
    {
        PollingOptions options = new();
        double age = 0;
        int polls = 0;
        while (age < 600)
        {
            age += PollSchedule.Next(options, past, TimeSpan.FromSeconds(age), "rescan-appliance-1-repository", polls).TotalSeconds;
            polls++;
        }

        Assert.Equal(Number(name), polls);
    }

    [Fact]
    public void The_arithmetic_is_right()
    {
        int polls = Number("polls, a session of 10 minutes, none before");
        int activities = Number("activities, besides polls") + polls;
        int executions = activities + (activities + polls) + 1;
        Assert.Equal(executions, Number("function executions"));
        Assert.Equal(executions * 300, Number("executions a month"));
        Assert.Equal(executions * 300 * 2, Number("GB-s a month, at most"));
        int ticks = 730 * 60;
        Assert.Equal(
            (ticks, ticks * 2, ticks / (int)ScheduleTicker.NoteEvery.TotalMinutes),
            (Number("executions of the timer"), Number("GB-s of the timer"), Number("writes of the timer")));
        Assert.Contains("| 0.53 |", Docs, StringComparison.Ordinal);
        Assert.Equal(0.53, Math.Round(((executions * 600) + (ticks * 2) + 5760 - 100_000) * 0.000026, 2));
        int taskHub = 92 + (36 * polls);
        Assert.Contains("Operations of the task hub: 92 a rescan and 36 a poll with its wait.", Docs, StringComparison.Ordinal);
        Assert.Equal(taskHub, Number("storage operations of the task hub"));
        Assert.Equal((taskHub + Number("requests to the outcome table")) * 300, Number("storage operations a month"));
    }

    [Fact]
    public void The_requests_of_an_idle_host_follow_from_host_json()
    {
        JsonElement hub = JsonDocument.Parse(SourceTree.Read("host.json")).RootElement.GetProperty("extensions").GetProperty("durableTask");
        JsonElement storage = hub.GetProperty("storageProvider");
        int partitions = storage.GetProperty("partitionCount").GetInt32();
        double interval = TimeSpan.Parse(
            storage.GetProperty("maxQueuePollingInterval").GetString()!, CultureInfo.InvariantCulture).TotalSeconds;

        // A control queue a partition, and the one for activities. Microsoft's partition manager reads its table and
        // renews each partition every 10 s.
        Assert.False(hub.GetProperty("useAppLease").GetBoolean());
        Assert.Equal((partitions + 1) * 60 / interval, Number("reads of queues"));
        Assert.Equal((partitions + 1) * 6, Number("partition table"));
        Assert.Equal(
            Number("reads of queues") + Number("partition table") + Number("locks of the host and of the schedule"),
            Number("storage requests a minute"));
    }

    private static int Number(string name)
    {
        Match row = Regex.Match(Docs, $@"(?m)^\| {Regex.Escape(name)} \|(?:[^|]*\|)? ([0-9,]+) \|$");
        Assert.True(row.Success, $"docs/operations.md has no row '{name}'.");
        return int.Parse(row.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    private static async Task<(int Turns, int Activities, int Timers)> WorkAsync(DurableTaskClient client, string id)
    {
        IList<HistoryEvent> history = await client.GetOrchestrationHistoryAsync(id);
        return (history.OfType<OrchestratorStartedEvent>().Count(), history.OfType<TaskScheduledEvent>().Count(),
            history.OfType<TimerCreatedEvent>().Count());
    }

    private sealed class Counter : HttpPipelineSynchronousPolicy
    {
        private int count;

        public int Count => count;

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref count);
    }
}
