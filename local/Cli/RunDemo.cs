using System.Globalization;
using System.Net.Http.Json;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Spectre.Console;

namespace Rescan.Local.Cli;

/// <summary><c>rescan demo --fleet</c>: a run over three simulated appliances, one of which fails half-way.</summary>
internal sealed class RunDemo(HttpClient http, IReadOnlyList<SimulatedAppliance> appliances, string failing)
{
    private const string Reinstalled = """{"name":"new-certificate","after":0,"times":1}""";
    private const int FailsAfter = 2;
    private const int SameTime = 2;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private static readonly (string Name, SimulatedRepository[] Repositories)[] Appliances =
    [
        ("frankfurt", Repositories("eu", "billing", "catalog", "identity", "archive")),
        ("virginia", Repositories("us", "orders", "payments", "search", "archive")),
        ("sydney", Repositories("ap", "ledger", "media", "reports", "staging")),
    ];

    private static readonly Dictionary<string, string> Nothing = [];

    private readonly Dictionary<string, string> shown = [];
    private bool failed;

    /// <returns>0 when the run ended as it was meant to: whole, with only the appliance that is made to fail failing.</returns>
    public static async Task<int> RunAsync(string folder, TimeSpan sessions, bool open, bool json, CancellationToken cancellationToken)
    {
        List<SimulatedAppliance> appliances = [];
        try
        {
            Dictionary<string, string?> settings = new()
            {
                // A watcher of short sessions wants to see them move: a poll is worth half a second here.
                ["Rescan__Polling__Kappa"] = "0.5", ["Rescan__Polling__MinInterval"] = "00:00:00.8",
                ["Rescan__Deadline"] = (sessions + TimeSpan.FromMinutes(5)).ToString("c"),
            };
            foreach ((string name, SimulatedRepository[] repositories) in Appliances)
            {
                // Different paces, so that the table shows the appliances to be independent.
                SimulatorOptions options =
                    new()
                    {
                        Repositories = repositories, SessionDuration = sessions * (1 + (0.15 * appliances.Count)),
                        Outcome = name == "virginia" ? "warning" : "succeeded"
                    };
                SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, cancellationToken);
                string key = string.Create(CultureInfo.InvariantCulture, $"Rescan__Appliances__{appliances.Count}__");
                settings[key + "Name"] = name;
                settings[key + "BaseUrl"] = appliance.BaseAddress.AbsoluteUri;
                settings[key + "Username"] = options.Username;
                settings[key + "Password"] = options.Password;
                settings[key + "Thumbprints__0"] = appliance.Thumbprint;
                settings[key + "MaxConcurrentRescans"] = SameTime.ToString(CultureInfo.InvariantCulture);
                appliances.Add(appliance);
                Output.Step($"simulated appliance {name} at {appliance.BaseAddress} ({repositories.Length} repositories, "
                    + $"{SameTime} at a time)");
            }

            LocalFunctionHost host = await AppHost.StartAsync(
                folder, settings, new Uri("http://127.0.0.1:0"), timers: false, null, cancellationToken);
            await using (host)
            {
                return await host.UnlessLostAsync(
                    async stop =>
                    {
                        Output.Step($"the app answers at {host.BaseAddress}api");
                        if (open)
                        {
                            DemoCommand.TellPage(host.BaseAddress, json);
                        }

                        using HttpClient http = new() { BaseAddress = host.BaseAddress };
                        RunView run = await new RunDemo(http, appliances, Appliances[^1].Name).RunAsync(json, stop);
                        if (json)
                        {
                            Output.PrintJson(run);
                        }
                        else
                        {
                            Report(run);
                        }

                        if (open)
                        {
                            await DemoCommand.ServeAsync(stop);
                        }

                        return IsAsMeant(run) ? 0 : ExitCodes.Of(Outcome.Failed);
                    },
                    cancellationToken);
            }
        }
        finally
        {
            foreach (SimulatedAppliance appliance in appliances)
            {
                await appliance.DisposeAsync();
            }
        }
    }

    private static SimulatedRepository[] Repositories(string region, params string[] names) =>
        [.. names.Select((name, i) => new SimulatedRepository(
            string.Create(CultureInfo.InvariantCulture, $"6f1c1f0a-4d1e-4b55-9d0a-{(region[0] * 256) + i:x12}"),
            $"{name}-{region}",

            // Two appliances that write to one folder are what a run warns of.
            name == "archive" ? "acme-archive" : $"acme-{region}", name))];

    private static bool IsAsMeant(RunView run) =>
        run is { Status: RunStatus.Completed, Errors.Count: 0 } && run.Items.Count == Appliances.Sum(f => f.Repositories.Length)
        && run.Items.All(i => i.Appliance == Appliances[^1].Name
            ? i.Outcome is Outcome.Succeeded or Outcome.Rejected
            : i.Outcome is Outcome.Succeeded or Outcome.Warning)
        && run.Items.Any(i => i.Outcome == Outcome.Rejected);

    private async Task<RunView> RunAsync(bool json, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            new Uri("/api/rescans", UriKind.Relative), new { filter = new { } }, cancellationToken);
        answer.EnsureSuccessStatusCode();
        string self = answer.Headers.Location!.ToString();
        Output.Step($"POST /api/rescans {{\"filter\":{{}}}} -> {(int)answer.StatusCode}, {self}");
        if (json || Screen.Out is not { IsLive: true, Width: { } width })
        {
            return await FollowAsync(self, ShowLines, cancellationToken);
        }

        RunView? run = null;
        await Screen.Out.Console.Live(Text.Empty).AutoClear(true).StartAsync(async live =>
            run = await FollowAsync(self, (r, messages) => live.UpdateTarget(RunTable.Of(r, messages).Render(width)), cancellationToken));
        return run!;
    }

    private async Task<RunView> FollowAsync(
        string self, Action<RunView, IReadOnlyDictionary<string, string>> show, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Look);
        while (true)
        {
            RunView run = await GetAsync<RunView>(self, cancellationToken);
            RescanPage running = await GetAsync<RescanPage>("/api/rescans?state=running", cancellationToken);
            show(run, running.Items.ToDictionary(r => r.Id, r => r.Trouble ?? r.LastMessage ?? r.Phase?.ToString() ?? ""));
            if (run.Status != RunStatus.Running)
            {
                return run;
            }

            if (!failed && run.Items.Count(i => i.Appliance == failing && i.State == RunItemState.Ended) >= FailsAfter)
            {
                failed = true;
                await FailAsync(cancellationToken);
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<T>(new Uri(path, UriKind.Relative), Output.Json, cancellationToken))!;

    /// <summary>What an upgrade does to an appliance: it comes back with a certificate that nobody trusts yet.</summary>
    private async Task FailAsync(CancellationToken cancellationToken)
    {
        SimulatedAppliance appliance = appliances[^1];
        using HttpClientHandler toItself = new() { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using HttpClient admin = new(toItself) { BaseAddress = appliance.BaseAddress };
        using StringContent fault = new(Reinstalled, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await admin.PostAsync(new Uri("/_admin/faults", UriKind.Relative), fault, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private void ShowLines(RunView run, IReadOnlyDictionary<string, string> messages)
    {
        foreach (RunItemView item in run.Items)
        {
            string line = item.State switch
            {
                RunItemState.Waiting => "waits for its turn",
                RunItemState.Running => messages.GetValueOrDefault(item.Id, "starting"),
                _ => $"{item.Outcome?.ToString() ?? "no outcome"}{(item.Reason is { } why ? ": " + RunTable.FirstSentence(why) : "")}",
            };
            if (shown.GetValueOrDefault(item.Id) != line)
            {
                shown[item.Id] = line;
                Output.Step($"{item.Appliance,-10} {item.Repository.Name,-12} {line}");
            }
        }
    }

    private static void Report(RunView run)
    {
        RunTable.Of(run, Nothing).Print(Screen.Out);
        TimeSpan took = (run.FinishedAt ?? run.StartedAt) - run.StartedAt;
        Screen.Out.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Items.Count} repositories in {took.TotalSeconds:0.0} s: {string.Join(", ", run.Counts.Select(c => $"{c.Value} {c.Key}"))}"));
        foreach (IGrouping<string, RunItemView> failed in run.Items.Where(
            i => i.Outcome is not (Outcome.Succeeded or Outcome.Warning) && i.Reason is not null).GroupBy(i => i.Reason!))
        {
            Screen.Out.Say(Words.Line($"{string.Join(", ", failed.Select(i => i.Repository.Name))}: {failed.Key}"), 2);
        }

        foreach (string error in run.Errors)
        {
            Screen.Out.Say("error: " + Words.Line(error), 2);
        }

        foreach (string warning in run.Warnings)
        {
            Screen.Out.Say("warning: " + Words.Line(warning), 2);
        }
    }
}
