using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Durability;

/// <summary>
/// Every fault of the simulated appliance at every kind of request, side by side, against the table of docs/faults.md. REWRITE_FAULTS=1
/// writes that table anew.
/// </summary>
public abstract class FaultTableTests(SimulatedKind of)
{
    private static readonly SemaphoreSlim Page = new(1);
    private static readonly IReadOnlyList<string> Kinds = FaultCatalog.Requests;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150);

    [Fact]
    public async Task Every_fault_at_every_request_ends_as_the_table_says()
    {
        List<(string Fault, string Kind)> cases = [.. FaultCatalog.Of(of).SelectMany(f => f.Requests.Select(k => (f.Name, k)))];
        await using AppWithAppliances app = await AppWithAppliances.StartAsync(
            cases.ToDictionary(c => Name(c.Fault, c.Kind), c => SimulatorOptions.Of(of) with
            {
                // Long enough to be met in its midst, however slow the machine.
                SessionDuration = TimeSpan.FromSeconds(c.Kind switch { "stop" => 600, "session" or "log" => 15, _ => 2 }),
                Scenario = [new Fault(c.Fault, c.Kind, After: 0)],
            }));
        Dictionary<(string, string), Task<string>> cells = cases.ToDictionary(
            c => c, c => c.Kind == "repositories" ? AskAsync(app, c.Fault) : RescanAsync(app, c.Fault, c.Kind));
        await Task.WhenAll(cells.Values);

        StringBuilder table = new();
        table.AppendLine(
            "| fault | " + string.Join(
                " | ", Kinds.Select(k => k == "other" ? (of == SimulatedKind.VeeamBackupForAws ? "version" : "server") : k)) + " |");
        table.AppendLine("| --- |" + string.Concat(Kinds.Select(_ => " --- |")));
        foreach ((string fault, string what) in FaultCatalog.Of(of).Select(f => (f.Name, f.What)))
        {
            table.AppendLine(
                $"| **{fault}**: {what} | " + string.Join(
                    " | ", Kinds.Select(k => cells.TryGetValue((fault, k), out Task<string>? cell) ? cell.Result : "")) + " |");
        }

        await Page.WaitAsync();
        await CompareAsync(table.ToString());
        Page.Release();
    }

    private static string Name(string fault, string kind) => $"{fault}-at-{kind}";

    private async Task CompareAsync(string table)
    {
        string begins = $"<!-- written by FaultTableTests: {of} -->\n";
        const string End = "<!-- end -->";
        string file = Path.Combine(SourceTree.Root, "docs", "faults.md");
        string text = await File.ReadAllTextAsync(file);
        int begin = text.IndexOf(begins, StringComparison.Ordinal) + begins.Length;
        int end = text.IndexOf(End, begin, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("REWRITE_FAULTS") == "1")
        {
            await File.WriteAllTextAsync(file, text[..begin] + table + text[end..]);
            return;
        }

        Assert.Equal(text[begin..end].Split('\n'), table.Split('\n'));
    }

    private static async Task<string> RescanAsync(AppWithAppliances app, string fault, string kind)
    {
        string name = Name(fault, kind);
        string id = await app.StartRescanAsync(name, Deadline);
        if (kind == "stop")
        {
            using CancellationTokenSource patience = new(AppWithAppliances.Patience);
            while (!app[name].Ledger.Any(e => e.Kind == "session"))
            {
                await Task.Delay(50, patience.Token);
            }

            await app.Host.Client.RaiseEventAsync(id, RescanEvents.Cancel, new RescanCancel("Canceled by the test."), patience.Token);
        }

        RescanOutcome outcome = await app.EndOfAsync(id);
        int posts = app[name].Ledger.Count(e => e.Kind == "rescan");
        return outcome.Outcome + (posts > 1 ? string.Create(CultureInfo.InvariantCulture, $", {posts} posts") : "");
    }

    /// <summary>Repositories are read when a rescan is asked for by name, so the fault meets whoever asks.</summary>
    private static async Task<string> AskAsync(AppWithAppliances app, string fault)
    {
        using HttpResponseMessage answer = await app.Http.PostAsJsonAsync(
            new Uri("/api/rescans", UriKind.Relative), new
            {
                appliance = Name(fault, "repositories"), repository = AppWithAppliances.Repository.Name,
            });
        return string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)answer.StatusCode}");
    }
}

/// <summary>A class each, so that both tables are tried at once: most of their time is waiting.</summary>
public sealed class VeeamBackupForAwsFaultTableTests() : FaultTableTests(SimulatedKind.VeeamBackupForAws);

/// <inheritdoc cref="VeeamBackupForAwsFaultTableTests"/>
public sealed class VeeamBackupAndReplicationFaultTableTests() : FaultTableTests(SimulatedKind.VeeamBackupAndReplication);
