using System.CommandLine;
using System.Globalization;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Functions.Webhooks;
using Rescan.Local.Cli.Completion;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Start;
using Rescan.Local.Runtime.Durable;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary><c>rescan run</c>: one rescan of one repository, followed to its end.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        ApplianceArguments appliance = new();
        Option<string> repository = new(
            "--repository", "-r")
        { HelpName = "NAME", Description = "the repository's name or id", Required = true };
        Option<string> deadline = new(
            "--deadline")
        {
            HelpName = "TIME", Description = "how long the rescan may take, such as 90m or 2d",
            DefaultValueFactory = _ => "24h"
        };
        Option<string> patience = new(
            "--patience")
        {
            HelpName = "TIME", Description =
                "how long to wait for an appliance that does not answer before anything is started", DefaultValueFactory = _ => "20s"
        };
        StateLocationArguments hubs = new();
        Option<bool> cancel = new("--cancel") { Description = "cancel the rescan of this repository that an earlier command began" };
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("run", "Rescan one repository and follow it to its end")
        {
            Details = "Killed or interrupted, the same command goes on where it was. Where rescan serve has the state, it is asked to "
                + "rescan, and watched.",
            Examples =
            [
                "rescan run --base-url https://appliance.example:11005 --username rescan \\",
                "  --password-stdin --thumbprint 9F86D0... --repository prod < password.txt",
            ],
            ExitCodes = [
                .. ExitCodes.OfRescans, ("64", "the command line"), ("74", "the state was lost, full or taken over meanwhile"),
                ("78", "the settings or the state cannot be used"), ("130", "interrupted")],
        };
        command.Add(repository);
        command.Add(deadline);
        command.Add(patience);
        command.Add(cancel);
        command.Add(output);
        hubs.AddTo(command);
        repository.CompletionSources.Add(Candidates.Repositories(hubs));
        appliance.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (string.IsNullOrWhiteSpace(parse.GetValue(repository)))
            {
                throw new CommandException(ExitCodes.Usage, "--repository is empty; give a repository's name or id.");
            }

            TimeSpan limit = Durations.Parse("--deadline", parse.GetValue(deadline)!);
            TimeSpan wait = Durations.Parse("--patience", parse.GetValue(patience)!);
            List<KeyValuePair<string, string?>> settings = appliance.Read(parse);
            settings.Add(new("Rescan__Deadline", limit.ToString("c")));
            SessionLogs logs = new();
            StateLocation location = await hubs.OpenAsync(parse, null, cancellationToken);
            await using (location)
            {
                LocalFunctionHost host;
                try
                {
                    host = await StartAsync(location, settings, logs, cancellationToken);
                }
                catch (TaskHubInUseException e)
                {
                    RunAtServer asked = new(
                        appliance.Product(parse), appliance.Address(parse), parse.GetValue(repository)!, parse.GetValue(cancel),
                        parse.GetValue(output) == "json");
                    return await asked.EndAsync(location, e, cancellationToken);
                }

                await using (host)
                {
                    Run run = new(host, logs, settings[0].Value!, parse.GetValue(repository)!, wait < limit ? wait : limit);
                    RunResult result;
                    try
                    {
                        result = await host.UnlessLostAsync(stop => run.EndAsync(parse.GetValue(cancel), stop), cancellationToken);
                    }
                    catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                    {
                        throw new CommandException(ExitCodes.Interrupted, run.WhatGoesOn);
                    }

                    Output.Print(result, parse.GetValue(output) == "json");
                    return ExitCodes.Of(result.Outcome);
                }
            }
        });
        return command;
    }

    private static async Task<LocalFunctionHost> StartAsync(
        StateLocation location, List<KeyValuePair<string, string?>> settings, SessionLogs logs, CancellationToken cancellationToken)
    {
        try
        {
            return await AppHost.StartAsync(
                location, settings, new Uri("http://127.0.0.1:0"), timers: false, null, cancellationToken, logs.Watch);
        }
        catch (OptionsValidationException e)
        {
            throw ApplianceArguments.AsUsage(e) ?? (Exception)e;
        }
    }

    private sealed class Run(LocalFunctionHost host, SessionLogs logs, string appliance, string wanted, TimeSpan patience)
    {
        private string? id;
        private string? requestId;

        /// <summary>What an interrupted run leaves, and how to go on.</summary>
        public string WhatGoesOn => id is null
            ? "Interrupted before anything was started."
            : $"""
               Interrupted. The session goes on on the appliance and nothing is lost.
                 to go on watching:  the same command again
                 to cancel it:       the same command with --cancel
               """;

        public async Task<RunResult> EndAsync(bool cancel, CancellationToken cancellationToken)
        {
            DateTimeOffset began = DateTimeOffset.UtcNow;
            RequestCounts preflight = RequestCounts.Begin();
            try
            {
                if (await FindRunningAsync(cancel, cancellationToken) is { } running)
                {
                    (id, requestId) = (running.InstanceId, RescanRequest.RequestIdOf(running));
                    Output.Step($"going on with rescan {id}");
                }
                else if (cancel)
                {
                    throw new CommandException(
                        ExitCodes.Usage,
                        $"No rescan of '{wanted}' on '{appliance}' is under way in this state folder, so there is nothing to cancel.");
                }
                else
                {
                    await StartAsync(cancellationToken);
                }

                if (cancel)
                {
                    await host.Client.RaiseEventAsync(
                        id!, RescanEvents.Cancel, new RescanCancel("Canceled by the operator.", requestId) { By = CommandUser.Initiator },
                        cancellationToken);
                }

                RescanOutcome outcome = await Follower.FollowAsync(new LocalRescan(host, id!, requestId, logs), cancellationToken);
                await NotificationWait.WaitAsync(host, cancellationToken);
                return RunResult.Of(outcome with { Requests = outcome.Requests + preflight });
            }
            catch (ApplianceException e)
            {
                return RunResult.NeverBegun(
                    appliance, new RepositoryRef(Guid.TryParse(wanted, out _) ? wanted : "", wanted), e, began, preflight);
            }
            catch (UnknownRepositoryException e)
            {
                throw new CommandException(ExitCodes.Usage, e.Message);
            }
        }

        private async Task StartAsync(CancellationToken cancellationToken)
        {
            RescanStarter starter = host.Services.GetRequiredService<RescanStarter>();
            Repository repository = await FindAsync(starter, cancellationToken);
            AcceptedRescan started = await starter.StartAsync(
                host.Client, appliance, repository, null, cancellationToken, CommandUser.Initiator);
            (id, requestId) = (started.Id, started.RequestId);
            Output.Step(started switch
            {
                { Joined: true } => $"going on with rescan {id}",
                { Waits: true } => $"the rescan of {repository.Name} starts when the one before it, which is being stopped, has ended",
                _ => $"the rescan of {repository.Name} is accepted: {id}",
            });
        }

        /// <summary>
        /// A rescan of the repository that an earlier command began; to go on with it needs no answer of the appliance. One that is being
        /// stopped is no answer to who wants a rescan.
        /// </summary>
        private async Task<OrchestrationMetadata?> FindRunningAsync(bool alsoStopping, CancellationToken cancellationToken)
        {
            OrchestrationQuery query = new(
                Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
                InstanceIdPrefix: RescanRequest.InstanceIdOf(appliance, ""), FetchInputsAndOutputs: true);
            List<OrchestrationMetadata> found = [];
            await foreach (OrchestrationMetadata instance in host.Client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
            {
                if (instance.ReadInputAs<RescanRequest>()?.Repository is { } repository
                    && (string.Equals(repository.Id, wanted, StringComparison.OrdinalIgnoreCase)
                        || string.Equals(repository.Name, wanted, StringComparison.OrdinalIgnoreCase)))
                {
                    found.Add(instance);
                }
            }

            return found.Count == 1 && (alsoStopping || found[0].ReadCustomStatusAs<RescanStatus>()?.Phase != RescanPhase.Stopping)
                ? found[0]
                : null;
        }

        /// <summary>Waits out short trouble only: nothing has been started yet, and a person may be waiting.</summary>
        private async Task<Repository> FindAsync(RescanStarter starter, CancellationToken cancellationToken)
        {
            DateTimeOffset until = DateTimeOffset.UtcNow + patience;
            string? said = null;
            while (true)
            {
                try
                {
                    return await starter.FindAsync(appliance, wanted, cancellationToken);
                }
                catch (ApplianceException e) when (e.IsTransient)
                {
                    TimeSpan pause = e.RetryAfter is { } asked && asked > Retry ? asked : Retry;
                    TimeSpan left = until - DateTimeOffset.UtcNow;
                    if (pause >= left)
                    {
                        throw new ApplianceException(
                            e.Failure, string.Create(
                                CultureInfo.InvariantCulture,
                                $"{e.Message} Nothing was started; gave up after {patience.TotalSeconds:0} s (--patience)."), e);
                    }

                    if (said != e.Message)
                    {
                        said = e.Message;
                        Output.Step(string.Create(
                            CultureInfo.InvariantCulture, $"waiting at most {Math.Ceiling(left.TotalSeconds):0} s: {e.Message}"));
                    }

                    await Task.Delay(pause, cancellationToken);
                }
            }
        }
    }
}
