using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary><c>rescan serve</c>: the app whole in this process, without Azure.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        Option<string> settings = SettingsFile.Option();
        Option<string> url = new("--url")
        {
            HelpName = "URL", Description = "where to listen; wider than loopback only with a key set",
            DefaultValueFactory = _ => "http://127.0.0.1:7071",
        };
        StateLocationArguments arguments = new();
        Command command = new DocumentedCommand("serve", "Serve the API, the status page and the nightly run")
        {
            Details = "It takes the settings of local.settings.json and the environment. A second one on the same state stands by, and "
                + "takes over when the first ends or dies.",
            Examples =
            [
                "rescan serve --state /var/lib/rescan",
                "rescan serve --storage azurite",
                "curl -X POST http://127.0.0.1:7071/api/rescans \\",
                "  -H 'content-type: application/json' \\",
                """  -d '{"appliance":"appliance-1","repository":"prod"}'""",
            ],
            ExitCodes = [
                ("0", "stopped"), ("74", "the state was lost, full or taken over while serving"),
                ("78", "the settings or the state cannot be used, or the port is in use")],
        };
        command.Add(settings);
        command.Add(url);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!Uri.TryCreate(parse.GetValue(url), UriKind.Absolute, out Uri? address)
                || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            {
                throw new CommandException(
                    ExitCodes.Usage, $"--url '{parse.GetValue(url)}' is not an address such as http://127.0.0.1:7071.");
            }

            SettingsFile file = SettingsFile.Load(parse, settings);
            if (file.Faults.Count > 0)
            {
                throw new OptionsValidationException(
                    "", typeof(SettingsFile), await SettingsCheck.FaultsOfAsync(file, AppHost.Configure(file.Values), cancellationToken));
            }

            try
            {
                await ServeAsync(arguments, parse, address, file.Values, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Stopped while it stood by.
            }

            Output.Step("stopped; rescans under way go on at the next start");
            return 0;
        });
        return command;
    }

    private static async Task ServeAsync(
        StateLocationArguments arguments, ParseResult parse, Uri address, IReadOnlyDictionary<string, string?> settings,
        CancellationToken cancellationToken)
    {
        StateLocation location = await arguments.OpenAsync(
            parse, () => Output.Step("standing by: another process serves on this state; this one takes over when it ends"),
            cancellationToken);
        await using (location)
        {
            LocalFunctionHost host = await AppHost.StartAsync(
                location, settings, address, timers: true,
                l =>
                {
                    SafeConsoleFormatter.AddTo(l);

                    // That the host does not start is told once, and not as a stack trace.
                    l.AddFilter("Microsoft", LogLevel.Warning).AddFilter("DurableTask", LogLevel.Warning).AddFilter(
                        "Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
                },
                cancellationToken);
            await using (host)
            {
                if (location.Remark is { } remark)
                {
                    Output.Step(remark);
                }

                Output.Step($"serving at {host.BaseAddress}api; Ctrl-C stops, and rescans under way go on at the next start");
                SchedulesView schedules = await host.Services.GetRequiredService<ScheduleReader>().ReadAsync(cancellationToken);
                foreach (string line in ScheduleText.Lines(schedules, isServed: true, DateTimeOffset.UtcNow))
                {
                    Output.Step(line);
                }

                if (await Task.WhenAny(Task.Delay(Timeout.Infinite, cancellationToken), host.Failed) == host.Failed)
                {
                    throw new CommandException(ExitCodes.State, (await host.Failed).Message);
                }
            }
        }
    }
}
