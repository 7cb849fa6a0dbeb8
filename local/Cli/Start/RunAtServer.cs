using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.Start;

/// <summary>What <c>rescan run</c> asks for, done by the <c>rescan serve</c> that has its state.</summary>
/// <param name="Kind">What the appliance is.</param>
/// <param name="Address">Where the appliance is.</param>
/// <param name="Repository">The repository's name or id.</param>
/// <param name="Cancel">Whether the rescan that runs is canceled.</param>
/// <param name="IsJson">Whether the result is for programs.</param>
internal sealed record RunAtServer(string Kind, Uri Address, string Repository, bool Cancel, bool IsJson)
{
    /// <param name="location">The state.</param>
    /// <param name="refused">Why this process cannot have it.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="TaskHubInUseException">No server has the state, but a command that ends.</exception>
    public async Task<int> EndAsync(StateLocation location, TaskHubInUseException refused, CancellationToken cancellationToken)
    {
        Uri? serving = null;
        if (await TaskHubView.OpenAsync(location.Options, cancellationToken) is { } view)
        {
            await using (view)
            {
                serving = await view.GetServingAddressAsync(cancellationToken);
            }
        }

        if (serving is null)
        {
            throw refused;
        }

        using OwnerClient client = new(serving, ServerArguments.Key(SettingsFile.Load(SettingsFile.Usual, isNamed: false).Values));
        if (!(await client.GetScheduleAsync(cancellationToken)).IsEnabled)
        {
            // It may be another run, which ends with its own rescan.
            throw refused;
        }

        ApplianceView appliance = (await client.GetAppliancesAsync(cancellationToken)).FirstOrDefault(
            a => string.Equals(a.Kind, Kind, StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(a.BaseUrl, UriKind.Absolute, out Uri? its)
            && ApplianceAddress.IsSame(its, Address))
            ?? throw new CommandException(
                ExitCodes.Configuration,
                $"The server at {client.Address} has this state, and no appliance at "
                    + $"{Address.Authority}. Add the appliance to its settings, or take another state with --state.");
        Output.Step($"asking the server at {client.Address}, which has this state and knows the appliance as {appliance.Name}");
        RepositoryView repository = (await StartCommand.FindAsync(client, [Repository], appliance.Name, cancellationToken))[0];
        Started started = new(client, IsJson);
        try
        {
            return await started.RescansAsync([await AcceptedAsync(client, repository, cancellationToken)], wait: true, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(
                ExitCodes.Interrupted,
                started.Any ? "Interrupted. The rescan goes on at the server; the same command watches it again." : "Interrupted.");
        }
    }

    private async Task<AcceptedView> AcceptedAsync(OwnerClient client, RepositoryView repository, CancellationToken cancellationToken)
    {
        if (!Cancel)
        {
            return await client.StartAsync(new StartRescanRequest(repository.Appliance, repository.Id), cancellationToken);
        }

        string id = RescanRequest.InstanceIdOf(repository.Appliance, repository.Id);
        await client.CancelAsync(id, null, cancellationToken);
        RescanView rescan = await client.GetRescanAsync(id, null, look: false, cancellationToken);
        return new AcceptedView(id, rescan.RequestId, rescan.Appliance, rescan.Repository, true, new AcceptedLinks("", null));
    }
}
