using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Webhooks;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Triggers;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary><c>rescan run</c>: one rescan of one repository, followed to its end.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static Command Create()
    {
        ApplianceArguments appliance = new();
        Option<string> repository = new("--repository", "-r") { Description = "the repository's name or id", Required = true };
        Option<TimeSpan> deadline = new("--deadline") { Description = "how long the rescan may take", DefaultValueFactory = _ => TimeSpan.FromHours(24) };
        HubArguments hubs = new();
        Option<bool> cancel = new("--cancel") { Description = "cancel the rescan of this repository that an earlier command began" };
        Option<string> output = Output.Option();
        Command command = new("run", """
            Rescan one repository and follow it to its end. Killed or interrupted, the same command goes on where it was.

              rescan run --base-url https://appliance.example:11005 --username rescan --password-stdin --thumbprint 9F86D0... --repository prod < password.txt

            Exit codes: 0 Succeeded, 2 Warning, 3 Failed, 4 Canceled, 5 TimedOut, 6 Rejected, 7 Unreachable, 8 Lost, 64 usage, 78 configuration, 130 interrupted.
            """) { repository, deadline, cancel, output };
        hubs.AddTo(command);
        appliance.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            bool json = parse.GetValue(output) == "json";
            List<KeyValuePair<string, string?>> settings = appliance.Read(parse);
            settings.Add(new("Rescan__Deadline", parse.GetValue(deadline).ToString("c")));
            Hub hub = await hubs.OpenAsync(parse, null, cancellationToken).ConfigureAwait(false);
            await using (hub.ConfigureAwait(false))
            {
                LocalFunctionHost host = await AppHost.StartAsync(hub, settings, new Uri("http://127.0.0.1:0"), timers: false, null, cancellationToken).ConfigureAwait(false);
                await using (host.ConfigureAwait(false))
                {
                    return await RunAsync(host, settings[0].Value!, parse.GetValue(repository)!, parse.GetValue(cancel), json, cancellationToken).ConfigureAwait(false);
                }
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(LocalFunctionHost host, string appliance, string wanted, bool cancel, bool json, CancellationToken cancellationToken)
    {
        RescanStarter starter = host.Services.GetRequiredService<RescanStarter>();
        DateTimeOffset began = DateTimeOffset.UtcNow;
        RequestTally preflight = RequestTally.Begin();
        RescanOutcome outcome;
        try
        {
            Repository repository = await FindAsync(starter, appliance, wanted, cancellationToken).ConfigureAwait(false);
            AcceptedRescan started = await starter.StartAsync(host.Client, appliance, repository, null, cancellationToken).ConfigureAwait(false);
            Output.Step(started.Joined ? $"going on with rescan {started.Id}" : $"rescan {started.Id} of {repository.Name} is accepted");
            if (cancel)
            {
                await host.Client.RaiseEventAsync(started.Id, RescanEvents.Cancel, "Canceled by the operator.", cancellationToken).ConfigureAwait(false);
            }

            outcome = await Follower.FollowAsync(host, started.Id, cancellationToken).ConfigureAwait(false);
            outcome = outcome with { Requests = outcome.Requests + preflight };
            await NotificationWait.WaitAsync(host, cancellationToken).ConfigureAwait(false);
        }
        catch (ApplianceException e)
        {
            outcome = new RescanOutcome
            {
                Id = RescanRequest.InstanceIdOf(appliance, wanted),
                Appliance = appliance,
                Repository = new RepositoryRef(Guid.TryParse(wanted, out _) ? wanted : "", wanted),
                Outcome = ExitCodes.OutcomeOf(e),
                Reason = e.Message,
                StartedAt = began,
                FinishedAt = DateTimeOffset.UtcNow,
                DurationSeconds = 0,
                Requests = preflight,
            };
        }
        catch (UnknownRepositoryException e)
        {
            throw new CommandException(ExitCodes.Usage, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Interrupted, "Interrupted. The session goes on on the appliance and nothing is lost: the same command goes on watching it; with --cancel it stops it.");
        }

        if (json)
        {
            Output.PrintJson(outcome);
        }
        else
        {
            Output.Summary(outcome);
        }

        return ExitCodes.Of(outcome.Outcome);
    }

    /// <summary>Waits out short trouble only: nothing has been started yet, and a person may be waiting.</summary>
    private static async Task<Repository> FindAsync(RescanStarter starter, string appliance, string wanted, CancellationToken cancellationToken)
    {
        DateTimeOffset until = DateTimeOffset.UtcNow + Patience;
        while (true)
        {
            try
            {
                return await starter.FindAsync(appliance, wanted, cancellationToken).ConfigureAwait(false);
            }
            catch (ApplianceException e) when (e.IsTransient && DateTimeOffset.UtcNow + (e.RetryAfter ?? TimeSpan.Zero) < until)
            {
                Output.Step("waiting: " + e.Message);
                await Task.Delay(e.RetryAfter ?? TimeSpan.FromSeconds(2), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
