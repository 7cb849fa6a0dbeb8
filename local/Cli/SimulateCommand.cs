using System.CommandLine;
using Rescan.Local.Appliance;

namespace Rescan.Local.Cli;

/// <summary><c>rescan simulate</c>: the simulated appliance alone.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        Option<int> port = new("--port") { Description = "port on loopback; 0 takes any free one", DefaultValueFactory = _ => 11005 };
        Option<string> outcome = new Option<string>("--outcome") { Description = "how sessions end", DefaultValueFactory = _ => "succeeded" }
            .AcceptOnlyFromAmong("succeeded", "warning", "failed", "canceled");
        Option<string> duration = new("--session-duration") { Description = "how long sessions run", DefaultValueFactory = _ => "20s" };
        Option<string[]> faults = new("--faults") { Description = "faults: " + string.Join(", ", FaultCatalog.All.Select(f => f.Name)), AllowMultipleArgumentsPerToken = true };
        Option<string?> state = new("--state") { Description = "file that keeps certificate and sessions over a restart" };
        Option<string> output = Output.Option();
        Command command = new("simulate", """
            Serve a simulated appliance on loopback until Ctrl-C. GET /_ledger lists every request it took.

              rescan simulate --port 11005 --session-duration 2m

            """) { port, outcome, duration, faults, state, output };
        command.SetAction(async (parse, cancellationToken) =>
        {
            SimulatorOptions options = new()
            {
                Port = parse.GetValue(port),
                Outcome = parse.GetValue(outcome)!,
                SessionDuration = Durations.Parse("--session-duration", parse.GetValue(duration)!),
                Faults = DemoCommand.Faults(parse.GetValue(faults)),
                StateFile = parse.GetValue(state) is { } file ? Path.GetFullPath(file) : null,
            };
            SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, cancellationToken).ConfigureAwait(false);
            await using (appliance.ConfigureAwait(false))
            {
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { baseUrl = appliance.BaseAddress, appliance.Thumbprint, options.Username, options.Password, options.Repositories });
                }
                else
                {
                    Console.Out.WriteLine($"base URL    {appliance.BaseAddress}");
                    Console.Out.WriteLine($"thumbprint  {appliance.Thumbprint}");
                    Console.Out.WriteLine($"account     {options.Username} / {options.Password}");
                    Console.Out.WriteLine($"ledger      {appliance.BaseAddress}_ledger");
                    foreach (SimulatedRepository repository in options.Repositories)
                    {
                        Console.Out.WriteLine($"repository  {repository.Id}  {repository.Name}");
                    }
                }

                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return 0;
        });
        return command;
    }
}
