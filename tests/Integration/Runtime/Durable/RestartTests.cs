using DurableTask.Core.Settings;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Tests.Integration.Runtime.Durable;

/// <summary>What a stop and a start of the worker leave unharmed, on any storage provider.</summary>
public abstract class RestartTests(TestHub hub) : IAsyncLifetime
{
    private readonly EngineFixture engine = new(hub);

    public Task InitializeAsync() => engine.StartAsync();

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task Activities_that_ended_do_not_run_again_and_what_waits_goes_on()
    {
        int runs = 0;
        engine.Activities["Once"] = _ => Task.FromResult<object?>(Interlocked.Increment(ref runs));
        engine.Orchestrators["Survive"] = async c =>
        {
            int first = await c.CallActivityAsync<int>("Once");
            c.SetCustomStatus("waiting");
            await c.WaitForExternalEvent<string>("go");
            await c.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
            return first;
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Survive");
        await engine.UntilAsync(id, i => i.SerializedCustomStatus == "\"waiting\"");
        await engine.StopAsync();
        await engine.StartAsync();
        await engine.Client.RaiseEventAsync(id, "go", "x");

        Assert.Equal(1, (await engine.EndOfAsync(id)).ReadOutputAs<int>());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_activity_cut_off_by_a_stop_runs_again_after_the_start()
    {
        int runs = 0;
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Activities["Slow"] = async input =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                began.SetResult();
                await new TaskCompletionSource().Task;
            }

            return int.Parse(input!);
        };
        engine.Orchestrators["Call"] = async c => await c.CallActivityAsync<int>("Slow", 7);
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Call");
        await EngineFixture.ReachedAsync(began.Task);
        await engine.StopAsync();
        await engine.StartAsync();

        Assert.Equal(7, (await engine.EndOfAsync(id)).ReadOutputAs<int>());
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_replay_that_takes_another_path_fails_and_names_what_was_asked_for_before()
    {
        bool changed = false;
        engine.Activities["Old"] = _ => Task.FromResult<object?>(null);
        engine.Orchestrators["Changed"] = async c =>
        {
            await c.CallActivityAsync(Volatile.Read(ref changed) ? "New" : "Old");
            c.SetCustomStatus("waiting");
            return await c.WaitForExternalEvent<string>("go");
        };
        string id = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Changed");
        await engine.UntilAsync(id, i => i.SerializedCustomStatus == "\"waiting\"");
        await engine.StopAsync();
        Volatile.Write(ref changed, true);
        await engine.StartAsync();
        await engine.Client.RaiseEventAsync(id, "go", "x");

        OrchestrationMetadata end = await engine.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("Old", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_of_a_newer_version_are_left_to_a_worker_of_that_version()
    {
        engine.Orchestrators["Versioned"] = c => Task.FromResult<object?>(c.Version);
        await WithAsync("1.0", VersioningSettings.VersionFailureStrategy.Reject);
        string old = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Versioned");
        Assert.Equal("1.0", (await engine.EndOfAsync(old)).ReadOutputAs<string>());
        string newer = await engine.Client.ScheduleNewOrchestrationInstanceAsync(
            "Versioned", null, new StartOrchestrationOptions { Version = "2.0" });
        string same = await engine.Client.ScheduleNewOrchestrationInstanceAsync("Versioned");
        await engine.EndOfAsync(same);
        Assert.False((await engine.Client.GetInstanceAsync(newer))!.IsCompleted);

        await WithAsync("2.0", VersioningSettings.VersionFailureStrategy.Reject);

        Assert.Equal("2.0", (await engine.EndOfAsync(newer)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Instances_of_a_newer_version_fail_where_that_is_asked_for()
    {
        engine.Orchestrators["Versioned"] = c => Task.FromResult<object?>(c.Version);
        await WithAsync("1.0", VersioningSettings.VersionFailureStrategy.Fail);
        string newer = await engine.Client.ScheduleNewOrchestrationInstanceAsync(
            "Versioned", null, new StartOrchestrationOptions { Version = "2.0" });

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await engine.EndOfAsync(newer)).RuntimeStatus);
    }

    private async Task WithAsync(string version, VersioningSettings.VersionFailureStrategy failure)
    {
        await engine.StopAsync();
        engine.Version =
            new TaskHubVersion { Version = version, Match = VersioningSettings.VersionMatchStrategy.CurrentOrOlder, Failure = failure };
        await engine.StartAsync();
    }
}

public sealed class SqliteRestartTests() : RestartTests(new SqliteTestHub());

public sealed class AzureRestartTests() : RestartTests(new AzureTestHub());
