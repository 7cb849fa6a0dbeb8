using System.CommandLine;
using Rescan.Bench.Cost;
using Rescan.Bench.Engine;
using Rescan.Bench.Runs;
using Rescan.Bench.Polling;
using Rescan.Bench.Reports;
using Rescan.Bench.Startup;

if (args is [StartupCommand.Nothing])
{
    return 0;
}

(string Name, string Description, Func<string, Task> Run)[] benches =
[
    ("polling", "compare the poll schedule with the usual ones and with the optimum (a minute)",
        docs => Task.Run(() => PollingCommand.Run(docs))),
    ("provider", "Microsoft's dispatcher on the SQLite provider (two minutes)", ProviderCommand.RunAsync),
    ("runs", "rescan 10,000 repositories on 100 simulated appliances in virtual time (a minute or two)", RunsCommand.RunAsync),
    ("cost", "count and price what a rescan asks of appliance, functions and storage (two minutes; needs Node.js)", CostCommand.RunAsync),
    ("startup", "how long the rescan command takes to begin (half a minute)", StartupCommand.RunAsync),
];
Option<string?> docs = new(
    "--docs")
{ Description = "the folder docs/ that the results go to; that of this clone unless given", Recursive = true };
RootCommand root = new(
    "Measures Rescan. Every bench prints its results and writes them into its section of docs/performance.md (polling: docs/polling.md). "
        + "Ratios hold for any machine, times for this one.") { docs };
foreach ((string name, string description, Func<string, Task> run) in benches)
{
    Command command = new(name, description);
    command.SetAction(parse => run(parse.GetValue(docs) ?? Page.Docs()));
    root.Add(command);
}

Command all = new("all", "all of them, one after another");
all.SetAction(async parse =>
{
    foreach ((string name, _, Func<string, Task> run) in benches)
    {
        Console.WriteLine($"## {name}\n");
        await run(parse.GetValue(docs) ?? Page.Docs());
    }
});
root.Add(all);
return await root.Parse(args is [] ? ["--help"] : args).InvokeAsync();
