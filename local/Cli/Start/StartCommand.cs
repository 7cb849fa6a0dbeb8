using System.CommandLine;
using Rescan.Functions.Display;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Start;

/// <summary><c>rescan start</c>: asks a server to rescan repositories.</summary>
internal static class StartCommand
{
    public static Command Create()
    {
        Argument<string[]> names = new("REPOSITORY") { Description = "names or ids of repositories", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> all = new("--all") { Description = "every repository, in one run" };
        Option<string[]> include = new(
            "--include")
        { HelpName = "PATTERN", Description = "a run of those with such a name, such as 'prod-*'; may be repeated" };
        Option<string[]> exclude = new(
            "--exclude")
        { HelpName = "PATTERN", Description = "a run without those of such a name; may be repeated" };
        Option<string?> appliance = new("--appliance") { HelpName = "NAME", Description = "of this appliance only" };
        Option<bool> wait = new("--wait", "-w") { Description = "watch to the end; the exit code tells it" };
        Option<string> output = Output.Option();
        ServerArguments server = new();
        Command command = new DocumentedCommand("start", "Have a server rescan repositories now")
        {
            Details = "The server is rescan serve, or the app in Azure. A repository that is being rescanned already is joined. "
                + "Ctrl-C stops watching; the rescan goes on.",
            Examples =
            [
                "rescan start prod --wait",
                "rescan start --include 'prod-*' --exclude '*-test'",
                "RESCAN_KEY=... rescan start --all --url https://APP.azurewebsites.net",
            ],
            ExitCodes = [
                ("0", "accepted; with --wait Succeeded"),
                .. ExitCodes.OfRescans.Select(c => c.Code.StartsWith('0') ? (c.Code[3..], c.Meaning["Succeeded, ".Length..]) : c),
                ("64", "the command line"), ("78", "the settings or the key"), ("130", "interrupted")],
        };
        command.Add(names);
        command.Add(all);
        command.Add(include);
        command.Add(exclude);
        command.Add(appliance);
        command.Add(wait);
        command.Add(output);
        server.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            string[] wanted = parse.GetValue(names) ?? [];
            RepositoryFilter filter = new(Patterns(parse.GetValue(include)), Patterns(parse.GetValue(exclude)), null, null);
            bool isRun = parse.GetValue(all) || filter.Include is not null || filter.Exclude is not null;
            if (isRun == wanted.Length > 0)
            {
                throw new CommandException(
                    ExitCodes.Usage,
                    isRun ? "Name repositories, or give --all, --include or --exclude; not "
                        + "both." : "Name what to rescan: repositories, or --all, --include or --exclude.");
            }

            using OwnerClient client = server.Open(parse);
            bool json = parse.GetValue(output) == "json";
            Started started = new(client, json);
            try
            {
                if (isRun)
                {
                    AcceptedView run = await client.StartAsync(
                        new StartRescanRequest(parse.GetValue(appliance), null, filter), cancellationToken);
                    return await started.RunAsync(run, parse.GetValue(wait), cancellationToken);
                }

                IReadOnlyList<RepositoryView> repositories = await FindAsync(client, wanted, parse.GetValue(appliance), cancellationToken);
                List<AcceptedView> accepted = [];
                foreach (RepositoryView repository in repositories)
                {
                    accepted.Add(await client.StartAsync(new StartRescanRequest(repository.Appliance, repository.Id), cancellationToken));
                }

                return await started.RescansAsync(accepted, parse.GetValue(wait), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new CommandException(
                    ExitCodes.Interrupted, started.Any
                    ? "Interrupted. What was started goes on at the server; rescan log ID --follow watches it." : "Interrupted.");
            }
        });
        return command;
    }

    private static string[]? Patterns(string[]? given) => given is { Length: > 0 } ? given : null;

    /// <summary>All are found before any is started.</summary>
    public static async Task<IReadOnlyList<RepositoryView>> FindAsync(
        OwnerClient client, string[] wanted, string? appliance, CancellationToken cancellationToken)
    {
        RepositoryList list = await client.GetRepositoriesAsync(cancellationToken);
        if (appliance is not null && !list.Appliances.Contains(appliance, StringComparer.OrdinalIgnoreCase))
        {
            string meant = NearestName.Of(appliance, list.Appliances) is { } near ? $" Did you mean '{near}'?" : "";
            throw new CommandException(ExitCodes.Usage, $"The server has no appliance '{appliance}'.{meant}");
        }

        RepositoryView[] there =
            [.. list.Items.Where(r => appliance is null || string.Equals(r.Appliance, appliance, StringComparison.OrdinalIgnoreCase))];
        return [.. wanted.Select(name => Find(there, name, list)).DistinctBy(r => (r.Appliance, r.Id))];
    }

    private static RepositoryView Find(RepositoryView[] there, string name, RepositoryList list)
    {
        RepositoryView[] found = [.. there.Where(r => string.Equals(r.Id, name, StringComparison.OrdinalIgnoreCase))];
        if (found.Length == 0)
        {
            found = [.. there.Where(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase))];
        }

        if (found.Length == 1)
        {
            return found[0];
        }

        if (found.Length > 1)
        {
            throw new CommandException(
                ExitCodes.Usage,
                $"'{name}' is the name of {found.Length} repositories, on {string.Join(", ", found.Select(f => f.Appliance).Distinct())}. Give --appliance, or the id: {string.Join(", ", found.Select(f => f.Id))}.");
        }

        string meant = NearestName.Of(name, there.Select(r => r.Name)) is { } near ? $" Did you mean '{near}'?" : "";
        string silent = list.Errors.Count == 0
            ? "" : $" {string.Join(" ", list.Errors.Select(e => $"Appliance {e.Appliance} did not list its repositories: {e.Error}"))}";
        throw new CommandException(ExitCodes.Usage, $"No appliance has a repository '{name}'.{meant}{silent}");
    }
}
