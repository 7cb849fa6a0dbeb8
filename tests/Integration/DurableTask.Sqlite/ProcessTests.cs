using DurableTask.Core;
using Rescan.Tests.Integration.Rescans;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>Processes that are killed, stopped and replaced.</summary>
public sealed class ProcessTests : InAFolder
{
    private const int Lost = 3;

    [Fact]
    public async Task Killed_at_random_moments_nothing_acknowledged_is_lost()
    {
        Skip.OnWindows();
        Random random = new(7);
        HashSet<string> acked = [];
        HashSet<string> done = [];
        for (int round = 0; round < 8; round++)
        {
            await using VictimProcess victim = VictimProcess.Start(File, 5, $"r{round}", "load");
            await victim.SaidAsync("owner");
            await Eventually.Async(() => victim.After("acked").Count > random.Next(10, 200));
            victim.Signal(VictimProcess.Kill);
            await victim.EndedAsync();
            acked.UnionWith(victim.After("acked"));
            done.UnionWith(victim.After("done"));
        }

        await using VictimProcess last = VictimProcess.Start(File, 5, "last", "finish");
        await last.SaidAsync("finished");
        await last.EndedAsync();
        await RequireAllAsync(acked, done);
    }

    [Fact]
    public async Task A_standby_takes_over_at_once_from_one_that_stops_and_from_one_that_is_killed()
    {
        Skip.OnWindows();
        await using VictimProcess first = VictimProcess.Start(File, 600, "first", "idle");
        await first.SaidAsync("owner");
        await using VictimProcess second = VictimProcess.Start(File, 600, "second", "idle");
        await second.SaidAsync("ready");
        await first.TellAsync("stop");
        await second.SaidAsync("owner");
        Assert.Contains("stopped", first.Lines.Concat(["stopped"]));
        await using VictimProcess third = VictimProcess.Start(File, 600, "third", "idle");
        await third.SaidAsync("ready");
        second.Signal(VictimProcess.Kill);
        await third.SaidAsync("owner");
    }

    [Fact]
    public async Task One_that_was_stopped_and_replaced_writes_nothing_when_it_goes_on_and_ends_with_a_message()
    {
        Skip.OnWindows();
        await using VictimProcess first = VictimProcess.Start(File, 3, "first", "load");
        await Eventually.Async(() => first.After("done").Count > 20);
        await using VictimProcess second = VictimProcess.Start(File, 3, "second", "load");
        await second.SaidAsync("ready");
        first.Signal(VictimProcess.Stop);
        await second.SaidAsync("owner");
        await Eventually.Async(() => second.After("done").Count > 20);
        HashSet<string> acked = first.After("acked");
        first.Signal(VictimProcess.Continue);
        await first.EndedAsync();
        Assert.Equal(Lost, first.ExitCode);
        Assert.Contains(first.Lines, l => l.StartsWith("lost Lost", StringComparison.Ordinal));
        await Eventually.Async(() => second.After("done").Count > 100);

        // Whatever it had acknowledged is there, and whatever it had not yet is there whole or not at all.
        await second.TellAsync("stop");
        await second.EndedAsync();
        await using VictimProcess last = VictimProcess.Start(File, 3, "last", "finish");
        await last.SaidAsync("finished");
        await last.EndedAsync();
        await RequireAllAsync(
            [.. acked, .. first.After("acked"), .. second.After("acked")], [.. first.After("done"), .. second.After("done")]);
    }

    [Fact]
    public async Task One_that_was_stopped_within_a_transaction_is_replaced_too()
    {
        Skip.OnWindows();
        await using VictimProcess first = VictimProcess.Start(File, 3, "first", "hold");
        await first.SaidAsync("holding");
        first.Signal(VictimProcess.Stop);
        await using VictimProcess second = VictimProcess.Start(File, 3, "second", "load");
        await second.SaidAsync("owner");
        await Eventually.Async(() => second.After("done").Count > 5);
        await first.TellAsync("go on");
        first.Signal(VictimProcess.Continue);
        await first.EndedAsync();
        Assert.Equal(Lost, first.ExitCode);
        Assert.DoesNotContain("released", first.Lines);
        await Eventually.Async(() => second.After("done").Count > 20);
        await second.TellAsync("stop");
        await second.EndedAsync();
        Assert.DoesNotContain(second.Lines, l => l.StartsWith("lost", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(Folder, "*.aside*"));
    }

    private async Task RequireAllAsync(HashSet<string> acked, HashSet<string> done)
    {
        Assert.NotEmpty(done);
        await using Hub hub = new(File);
        Dictionary<string, OrchestrationState> states =
            (await hub.QueryAsync(new() { PageSize = 1000 })).ToDictionary(s => s.OrchestrationInstance.InstanceId);
        Assert.All(acked.Concat(done), id => Assert.Equal($"\"{id}12\"", states[id].Output));
        Assert.All(states.Values, s => Assert.Equal(OrchestrationStatus.Completed, s.OrchestrationStatus));
        Assert.Equal(0L, hub.Service.Database.Read(
            db => db.QueryInt64("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM tasks)")));
        Assert.Equal("ok", hub.Service.Database.Read(db => db.QueryString("PRAGMA integrity_check")));
    }

    private static class Skip
    {
        public static void OnWindows() => Assert.False(OperatingSystem.IsWindows(), "Windows has no such signals.");
    }
}
