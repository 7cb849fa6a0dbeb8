using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Cli;

/// <summary><c>rescan demo</c>: the main job against a simulated appliance.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan RunSessions = TimeSpan.FromSeconds(8);

    public static Command Create()
    {
        SimulatorArguments arguments = new();
        Option<bool> open = new("--open") { Description = "print the address of the status page and keep serving until Ctrl-C" };
        Option<bool> run = new(
            "--fleet")
        {
            Description =
                "run over 3 appliances with 12 repositories, one appliance failing half-way; sessions of 8s unless told"
        };
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("demo", "Watch a rescan of a simulated appliance")
        {
            Details = "It starts a simulated appliance and the app, starts a rescan by HTTP, and follows it to its end. Nothing is kept.",
            Examples =
            [
                "rescan demo",
                "rescan demo --outcome warning --session-duration 45s --faults throttled",
                "rescan demo --kind vbr",
                "rescan demo --open --session-duration 2m",
                "rescan demo --fleet --open",
            ],
            ExitCodes = [
                .. ExitCodes.OfRescans, ("with --fleet", "0 when the run ended as it is meant to, its failing appliance included; else 3"),
                ("with --open", "0"), ("74", "its state was lost meanwhile")],
        };
        command.Add(open);
        command.Add(run);
        command.Add(output);
        arguments.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(run)
                && command.Options.FirstOrDefault(
                    o => o != run && o != open && o != output && o != arguments.Duration
                    && result.GetResult(o) is { Implicit: false }) is { } other)
            {
                result.AddError($"{other.Name} does not go with --fleet.");
            }
        });
        command.SetAction(async (parse, cancellationToken) =>
        {
            SimulatorOptions options = arguments.Read(parse);
            string folder = Directory.CreateTempSubdirectory("rescan-demo-").FullName;
            try
            {
                if (parse.GetValue(run))
                {
                    TimeSpan sessions = parse.GetResult(arguments.Duration) is { Implicit: false } ? options.SessionDuration : RunSessions;
                    return await RunDemo.RunAsync(
                        folder, sessions, parse.GetValue(open), parse.GetValue(output) == "json", cancellationToken);
                }

                return await RunAsync(
                    options, arguments.NamesProduct(parse) ? "auto" : "", folder, parse.GetValue(open), parse.GetValue(output) == "json",
                    cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new CommandException(
                    ExitCodes.Interrupted, "Interrupted. The demo keeps nothing: its appliance and its state are gone.");
            }
            finally
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        });
        return command;
    }

    /// <summary>Prints where the status page is.</summary>
    public static void TellPage(Uri app, bool json)
    {
        Uri page = new(app, "api/");
        if (json)
        {
            Output.PrintJson(new { page });
        }
        else
        {
            Screen.Out.Say($"status page  {page}");
        }
    }

    /// <summary>Waits for Ctrl-C.</summary>
    public static async Task ServeAsync(CancellationToken cancellationToken)
    {
        Output.Step("serving until Ctrl-C");
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Output.Step("stopped; the demo keeps nothing");
    }

    /// <summary>All that the appliance saw, the start by HTTP included.</summary>
    private static RequestCounts Count(IReadOnlyList<LedgerEntry> ledger)
    {
        int Of(string kind) => ledger.Count(e => e.Kind == kind);
        return new RequestCounts
        {
            Token = Of("token"), Repositories = Of("repositories"), Rescan = Of("rescan"), Session = Of("session"), Log = Of("log"),
            Stop = Of("stop"), Other = Of("other"),
        };
    }

    private static async Task<int> RunAsync(
        SimulatorOptions options, string revision, string folder, bool open, bool json, CancellationToken cancellationToken)
    {
        SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, cancellationToken);
        await using (appliance)
        {
            Output.Step($"simulated {ApplianceProducts.Find(options.Kind.ToString())!.Title} {options.ProductVersion} at {appliance.BaseAddress} ({options.Repositories.Count} repositories, sessions of {options.SessionDuration.TotalSeconds:0} s)");
            foreach (FaultKind fault in options.Faults.Select(FaultCatalog.Find))
            {
                Output.Step($"fault {fault.Name}: {fault.What}; {SimulateCommand.Strikes(fault)}");
            }

            Dictionary<string, string?> settings = new()
            {
                ["Rescan__Appliances__0__Name"] = "demo",
                ["Rescan__Appliances__0__Kind"] = options.Kind.ToString(),
                ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
                ["Rescan__Appliances__0__Username"] = options.Username,
                ["Rescan__Appliances__0__Password"] = options.Password,
                ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,
                ["Rescan__Appliances__0__ApiVersion"] = revision,
                // A watcher of a short session wants to see it move: a poll is worth half a second here.
                ["Rescan__Polling__Kappa"] = "0.5",
                ["Rescan__Polling__MinInterval"] = "00:00:01",
                ["Rescan__Deadline"] = (options.SessionDuration + TimeSpan.FromMinutes(5)).ToString("c"),
            };
            SessionLogs logs = new();
            LocalFunctionHost host = await AppHost.StartAsync(
                folder, settings, new Uri("http://127.0.0.1:0"), timers: false, null, cancellationToken, logs.Watch);
            await using (host)
            {
                return await host.UnlessLostAsync(
                    async stop =>
                    {
                        Output.Step($"the app answers at {host.BaseAddress}api");
                        if (open)
                        {
                            await DemoHistory.WriteAsync(
                                host.Services.GetRequiredService<OutcomeStore>(), "demo", options.Repositories, options.SessionDuration,
                                DateTimeOffset.UtcNow, stop);
                        }

                        DateTimeOffset began = DateTimeOffset.UtcNow;
                        using HttpClient http = new() { BaseAddress = host.BaseAddress };
                        string repository = options.Repositories[0].Name;
                        using HttpResponseMessage answer = await http.PostAsJsonAsync(
                            new Uri("/api/rescans", UriKind.Relative), new { appliance = "demo", repository }, stop);
                        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>(stop);
                        Output.Step($"POST /api/rescans {{\"appliance\":\"demo\",\"repository\":\"{repository}\"}} -> {(int)answer.StatusCode}");
                        if (!answer.IsSuccessStatusCode)
                        {
                            ApplianceException refusal = new(
                                answer.StatusCode == HttpStatusCode.ServiceUnavailable
                                ? ApplianceFailure.Transient : ApplianceFailure.Rejected, body.GetProperty("detail").GetString()!);
                            RunResult never = RunResult.NeverBegun(
                                "demo", new RepositoryRef(options.Repositories[0].Id, repository), refusal, began, Count(appliance.Ledger));
                            Output.Print(never, json);
                            return ExitCodes.Of(never.Outcome);
                        }

                        if (open)
                        {
                            Output.Step("the nights before this one are made up, so that the page has trends to show");
                            TellPage(host.BaseAddress, json);
                            await ServeAsync(stop);
                            return 0;
                        }

                        LocalRescan rescan = new(
                            host, body.GetProperty("id").GetString()!, body.GetProperty("requestId").GetString(), logs);
                        RescanOutcome outcome = await Follower.FollowAsync(rescan, stop);
                        Output.Print(RunResult.Of(outcome with { Requests = Count(appliance.Ledger) }), json);
                        return ExitCodes.Of(outcome.Outcome);
                    },
                    cancellationToken);
            }
        }
    }
}
