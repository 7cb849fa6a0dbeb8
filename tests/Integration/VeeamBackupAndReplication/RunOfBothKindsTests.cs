using System.Net.Http.Json;
using System.Text.Json;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.VeeamBackupAndReplication;

/// <summary>One run over an appliance of each kind.</summary>
public sealed class RunOfBothKindsTests
{
    private static readonly SimulatorOptions[] Both =
        [.. Enum.GetValues<SimulatedKind>().Select(k => SimulatorOptions.Of(k) with { SessionDuration = TimeSpan.FromMilliseconds(500) })];

    [Fact]
    public async Task Both_are_rescanned_and_what_is_no_object_storage_is_left_out_with_its_reason()
    {
        JsonElement run = await EndOfAsync(new { });

        JsonElement[] items = [.. run.GetProperty("items").EnumerateArray()];
        Assert.Equal("Completed", run.GetProperty("status").GetString());
        Assert.Equal(8, run.GetProperty("counts").GetProperty("Succeeded").GetInt32());
        Assert.Equal([4, 4], items.GroupBy(i => i.GetProperty("appliance").GetString()).Select(g => g.Count()));
        string[] warnings = [.. run.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!)];
        Assert.Single(warnings, w => w.StartsWith("two: left out Default Backup Repository (no bucket", StringComparison.Ordinal));
        Assert.Single(warnings, w => w.StartsWith("two: left out deep-archive (archive storage", StringComparison.Ordinal));

        // The same buckets on both, which two servers must not write to.
        Assert.Contains(warnings, w => w.Contains("archive on one, archive on two", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_runs_leave_out_is_rescanned_where_it_is_named()
    {
        JsonElement run = await EndOfAsync(new { include = new[] { "default backup repository", "*-archive" } });

        Assert.Equal(
            "Default Backup Repository",
            Assert.Single(run.GetProperty("items").EnumerateArray()).GetProperty("repository").GetProperty("name").GetString());
        Assert.Equal(1, run.GetProperty("counts").GetProperty("Succeeded").GetInt32());
        Assert.StartsWith(
            "two: left out deep-archive", Assert.Single(run.GetProperty("warnings").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
    }

    private static async Task<JsonElement> EndOfAsync(object filter)
    {
        await using ApiHost api = await ApiHost.StartAsync(Both);
        using HttpResponseMessage answer = await api.Http.PostAsJsonAsync(new Uri("/api/rescans", UriKind.Relative), new { filter });
        answer.EnsureSuccessStatusCode();
        using CancellationTokenSource patience = new(ApiHost.Patience);
        while (true)
        {
            JsonElement run = await api.GetAsync(answer.Headers.Location!.ToString());
            if (run.GetProperty("status").GetString() != "Running")
            {
                return run;
            }

            await Task.Delay(100, patience.Token);
        }
    }
}
