using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Rescans;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Durability;

/// <summary>The ends of a rescan that are ours to name, and trouble that must not end it.</summary>
public sealed class EndsTests(EndsTests.Appliances appliances) : IClassFixture<EndsTests.Appliances>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(3);
    private readonly AppWithAppliances app = appliances.App;

    [Theory]
    [InlineData("long", Outcome.TimedOut, "goes on on the appliance")]
    [InlineData("pending", Outcome.TimedOut, "goes on on the appliance")]
    [InlineData("down", Outcome.Unreachable, "did not answer as it should")]
    [InlineData("silent", Outcome.Unreachable, "did not answer as it should")]
    public async Task At_the_deadline_the_end_says_whose_fault_it_was(string appliance, Outcome outcome, string reason)
    {
        RescanOutcome ended = await app.RescanAsync(appliance, Soon);

        Assert.Equal(outcome, ended.Outcome);
        Assert.Contains(reason, ended.Reason, StringComparison.Ordinal);
        Assert.True(ended.FinishedAt - ended.StartedAt >= Soon);
    }

    [Theory]
    [InlineData("purged", Outcome.Lost, "no longer knows session")]
    [InlineData("forbidden", Outcome.Rejected, "Portal Operator")]
    [InlineData("nowhere", Outcome.Rejected, "No appliance is named")]
    [InlineData("reboot", Outcome.Failed, "restarted")]
    public async Task What_no_waiting_can_help_ends_it_before_the_deadline(string appliance, Outcome outcome, string reason)
    {
        RescanOutcome ended = await app.RescanAsync(appliance, Later);

        Assert.Equal(outcome, ended.Outcome);
        Assert.Contains(reason, ended.Reason, StringComparison.Ordinal);
        Assert.True(ended.FinishedAt - ended.StartedAt < Later);
    }

    [Theory]
    [InlineData("seconds", 3)]
    [InlineData("date", 3)]
    [InlineData("skewed", 3)]
    [InlineData("behind", 3)]
    public async Task No_request_undercuts_Retry_After_whatever_the_clock_of_the_appliance(string appliance, int seconds)
    {
        RescanOutcome ended = await app.RescanAsync(appliance, Later);

        Assert.Equal(Outcome.Succeeded, ended.Outcome);
        List<LedgerEntry> polls = [.. app[appliance].Ledger.Where(e => e.Kind == "session")];
        for (int i = 0; i < polls.Count; i++)
        {
            if (polls[i].Status == 429)
            {
                Assert.True(polls[i + 1].Time - polls[i].Time >= TimeSpan.FromSeconds(seconds - 0.2),
                    $"asked again after {polls[i + 1].Time - polls[i].Time}");
            }
        }

        Assert.Contains(polls, p => p.Status == 429);
    }

    [Fact]
    public async Task A_token_that_dies_in_the_middle_is_renewed_and_the_rescan_goes_on()
    {
        RescanOutcome ended = await app.RescanAsync("token", Later);

        Assert.Equal(Outcome.Succeeded, ended.Outcome);
        Assert.Equal(1, app["token"].Ledger.Count(e => e.Kind == "rescan"));
        Assert.Contains(app["token"].Ledger, e => e.Status == 401);
        Assert.True(app["token"].Ledger.Count(e => e is { Kind: "token", Status: 200 }) >= 2);
    }

    /// <summary>One app for all of the tests, and an appliance for each.</summary>
    public sealed class Appliances : IAsyncLifetime
    {
        internal AppWithAppliances App { get; private set; } = null!;

        public async Task InitializeAsync() => App = await AppWithAppliances.StartAsync(new Dictionary<string, SimulatorOptions>
        {
            ["long"] = new() { SessionDuration = TimeSpan.FromHours(1) },
            ["pending"] = new() { PendingDuration = TimeSpan.FromHours(1) },
            ["purged"] = Short("purged"),
            ["forbidden"] = Short("wrong-role"),
            ["down"] = new() { Scenario = [new Fault("unavailable", "token", 0, int.MaxValue)] },
            ["silent"] = new() { SessionDuration = TimeSpan.FromHours(1), Scenario = [new Fault("html", "session", 1, int.MaxValue)] },
            ["seconds"] = Short("throttled"),
            ["date"] = Short("throttled-date"),
            ["skewed"] = Short("throttled-date") with { ClockSkew = TimeSpan.FromHours(1) },
            ["behind"] = Short("throttled-date") with { ClockSkew = TimeSpan.FromHours(-1) },
            ["token"] = Short("expired-token"),
            ["reboot"] = new() { SessionDuration = TimeSpan.FromMinutes(10), Scenario = [new Fault("reboot", "session", 1, 1, 1)] },
        });

        public async Task DisposeAsync() => await App.DisposeAsync();

        private static SimulatorOptions Short(string fault) => new() { SessionDuration = TimeSpan.FromSeconds(3), Faults = [fault] };
    }
}
