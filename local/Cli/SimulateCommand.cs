using System.CommandLine;
using Rescan.Functions.Appliances;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Local.Cli;

/// <summary><c>rescan simulate</c>: the simulated appliance alone.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        Option<int?> port = new("--port")
        {
            HelpName = "PORT",
            Description =
                    $"port on loopback; 0 takes any free one. Unless given the kind's own: "
                        + $"{string.Join(", ", ApplianceProducts.All.Select(p => p.DefaultPort))}",
        };
        Option<string?> state = new(
            "--state")
        { HelpName = "FILE", Description = "file that keeps certificate and sessions over a restart" };
        Option<bool> list = new("--list-faults") { Description = "say what each fault does, and start nothing" };
        Option<string> output = Output.Option();
        SimulatorArguments arguments = new();
        Command command = new DocumentedCommand("simulate", "Serve a simulated appliance until Ctrl-C")
        {
            Details = "It listens on loopback. GET /_ledger lists every request it took; POST /_admin/faults adds a fault, DELETE takes "
                + "all away; POST /_admin/password, /_admin/certificate and /_admin/reboot do what they say.",
            Examples =
            [
                "rescan simulate --port 11005 --session-duration 2m --product 7.0",
                "rescan simulate --kind vbr --faults dead-refresh-token",
                "rescan simulate --list-faults",
                "curl -k https://127.0.0.1:11005/_admin/faults \\",
                """  -d '{"name":"throttled","request":"log","times":3}'""",
            ],
        };
        port.Validators.Add(r => Ranges.Check(r, port, 0, 65535));
        command.Add(port);
        command.Add(state);
        command.Add(list);
        command.Add(output);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            bool json = parse.GetValue(output) == "json";
            if (parse.GetValue(list))
            {
                ListFaults(arguments.KindOf(parse), json);
                return 0;
            }

            SimulatorOptions options = arguments.Read(parse) with
            {
                Port = parse.GetValue(port) ?? ApplianceProducts.Find(arguments.KindOf(parse).ToString())!.DefaultPort,
                StateFile = parse.GetValue(state) is { } file ? Path.GetFullPath(file) : null,
            };
            SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(options, cancellationToken);
            await using (appliance)
            {
                Print(appliance, options, json);
                await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return 0;
        });
        return command;
    }

    private static void Print(SimulatedAppliance appliance, SimulatorOptions options, bool json)
    {
        if (json)
        {
            Output.PrintJson(
                new
                {
                    baseUrl = appliance.BaseAddress, appliance.Thumbprint, options.Username, options.Password, options.ProductVersion,
                    options.Revisions, options.Repositories
                });
            return;
        }

        Screen.Out.Say($"base URL    {appliance.BaseAddress}");
        Screen.Out.Say($"thumbprint  {appliance.Thumbprint}");
        Screen.Out.Say($"account     {options.Username} / {options.Password}");
        Screen.Out.Say(
            $"product     {ApplianceProducts.Find(options.Kind.ToString())!.Title} {options.ProductVersion}, x-api-version "
                + $"{string.Join(", ", options.Revisions)}");
        Screen.Out.Say($"ledger      {appliance.BaseAddress}_ledger");
        Screen.Out.Say("");
        ApplianceTables.Of(options.Repositories).Print(Screen.Out);
    }

    private static void ListFaults(SimulatedKind of, bool json)
    {
        if (json)
        {
            Output.PrintJson(
                FaultCatalog.Of(of).Select(
                    k => new { k.Name, k.What, k.Requests, k.After, times = k.Times == int.MaxValue ? (int?)null : k.Times, k.Seconds }));
            return;
        }

        if (Screen.Out.Width is { } width)
        {
            foreach (string line in TwoColumns.Of(FaultCatalog.Of(of).Select(k => (k.Name, $"{k.What}; {Strikes(k)}")), 0, width))
            {
                Screen.Out.Say(line);
            }

            return;
        }

        Table table = new(Column.Value("fault"), Column.Value("strikes"), Column.Text("what it does"));
        foreach (FaultKind kind in FaultCatalog.Of(of))
        {
            table.Add(kind.Name, Strikes(kind), kind.What);
        }

        table.Print(Screen.Out);
    }

    /// <summary>When a fault strikes, in words.</summary>
    public static string Strikes(FaultKind kind) =>
        $"{(kind.Times == int.MaxValue ? "every" : kind.Times == 1 ? "one" : kind.Times.ToString(System.Globalization.CultureInfo.InvariantCulture))} {kind.Requests[0]} request{(kind.Times is 1 or int.MaxValue ? "" : "s")}{(kind.After > 0 ? ", not the first" : "")}";
}
