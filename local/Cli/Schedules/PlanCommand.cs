using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Start;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.Schedules;

/// <summary><c>rescan plan</c>: what the next scheduled run would do, told by a server, or by the settings where none runs.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        StateLocationArguments location = new();
        Option<string?> schedule = new("--schedule")
        {
            HelpName = "NAME", Description = "the schedule; the one whose run is due next unless given",
        };
        ServerArguments server = new();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("plan", "Show what the next scheduled run would rescan")
        {
            Details = "Of each repository that it would leave out it says why. It starts nothing. The server is asked; "
                + "where none serves the state, the appliances of the settings are asked from here.",
            Examples =
            [
                "rescan plan",
                "rescan plan --schedule weekly --output json",
                "RESCAN_KEY=... rescan plan --url https://APP.azurewebsites.net",
            ],
            ExitCodes =
            [
                ("0", "as it should be"), ("2", "nothing would be rescanned, or an appliance did not list its repositories"),
                ("6, 7", "the server refused, or cannot be reached"), ("64", "the command line"), ("78", "the settings or the key"),
            ],
        };
        command.Add(schedule);
        command.Add(output);
        server.AddTo(command);
        location.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            StateLocation state = await location.LookAsync(parse, cancellationToken);
            await using (state)
            {
                (PlanView plan, bool isServed) = await ReadAsync(parse, server, state, parse.GetValue(schedule), cancellationToken);
                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(plan);
                }
                else
                {
                    PlanText.Print(plan, isServed, Screen.Out, Screen.Error, DateTimeOffset.UtcNow);
                }

                return plan.Items.Count == 0 || plan.Errors.Count > 0 ? ExitCodes.Of(Outcome.Warning) : 0;
            }
        });
        return command;
    }

    private static async Task<(PlanView Plan, bool IsServed)> ReadAsync(
        ParseResult parse, ServerArguments server, StateLocation state, string? schedule, CancellationToken cancellationToken)
    {
        if (server.IsGiven(parse))
        {
            using OwnerClient client = server.Open(parse);
            return (await client.GetPlanAsync(schedule, cancellationToken), true);
        }

        TaskHubView? view = state.Exists ? await TaskHubView.OpenAsync(state.Options, cancellationToken) : null;
        try
        {
            Uri? serving = view is null ? null : await view.GetServingAddressAsync(cancellationToken);
            SettingsFile settings = server.FileOf(parse);
            if (serving is not null)
            {
                using OwnerClient owner = new(serving, ServerArguments.Key(settings.Values));

                // It may be rescan run, which knows one appliance and no schedule.
                if ((await owner.GetScheduleAsync(cancellationToken)).IsEnabled)
                {
                    return (await owner.GetPlanAsync(schedule, cancellationToken), true);
                }
            }

            IReadOnlyList<SchedulePause> kept = view is null ? []
                : (await new ScheduleStore(state.TableOf(view.Table)).GetAsync(cancellationToken)).Pauses;
            return (await AskAsync(settings, schedule, kept, cancellationToken), false);
        }
        finally
        {
            if (view is not null)
            {
                await view.DisposeAsync();
            }
        }
    }

    /// <summary>Asks the appliances from here, as the app would.</summary>
    private static async Task<PlanView> AskAsync(
        SettingsFile settings, string? schedule, IReadOnlyList<SchedulePause> kept, CancellationToken cancellationToken)
    {
        IConfiguration configuration = AppHost.Configure(settings.Values);
        IReadOnlyList<string> faults = await SettingsCheck.FaultsOfAsync(settings, configuration, cancellationToken);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException("", typeof(SettingsFile), faults);
        }

        ServiceProvider services = new ServiceCollection().AddLogging().AddSingleton(configuration).AddSingleton<ITable>(new MemoryTable())
            .AddRescan(configuration).BuildServiceProvider();
        await using (services)
        {
            try
            {
                PlanView plan = await services.GetRequiredService<PlanReader>().ReadAsync(schedule, kept, cancellationToken);
                IApplianceClients clients = services.GetRequiredService<IApplianceClients>();
                string[] signedIn =
                    [.. clients.Names.Except(
                        plan.Errors.Select(e => e.Appliance).Concat(plan.OtherAppliances), StringComparer.OrdinalIgnoreCase)];
                await Task.WhenAll(signedIn.Select(n => clients.Get(n).SignOutAsync(cancellationToken)));
                return plan;
            }
            catch (KeyNotFoundException e)
            {
                throw new CommandException(ExitCodes.Usage, e.Message);
            }
        }
    }
}
