using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Notifications;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli;

/// <summary><c>rescan notify --test</c>: a sample to every configured channel.</summary>
internal static class NotifyCommand
{
    public static Command Create()
    {
        Option<bool> sample = new("--test") { Description = "send a sample to each channel and print what it answers" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand("notify", "Send a sample notification to every channel")
        {
            Details = "It prints what became of each.",
            Examples =
            [
                "rescan notify --test",
                "Rescan__Notifications__Channels__0__Kind=slack \\",
                "Rescan__Notifications__Channels__0__Url=https://hooks.slack.com/... \\",
                "  rescan notify --test",
            ],
            ExitCodes = [("0", "every channel took it"), ("1", "one did not"), ("78", "no channel is configured")],
        };
        command.Add(sample);
        command.Add(settings);
        command.Add(output);
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!parse.GetValue(sample))
            {
                throw new CommandException(ExitCodes.Usage, "notify only tries channels out so far: give --test.");
            }

            IConfiguration configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(
                    SettingsFile.Read(parse, settings)
                    .Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value))).Build();
            ServiceCollection collection = new();
            collection.AddLogging().AddRescanNotifications(configuration);
            ServiceProvider services = collection.BuildServiceProvider();
            await using (services)
            {
                IChannelTest test = services.GetRequiredService<IChannelTest>();
                DeliveryResult[] results = await Task.WhenAll(test.Channels.Select(c => test.SendAsync(c, cancellationToken)));
                if (results.Length == 0)
                {
                    throw new CommandException(
                        ExitCodes.Configuration,
                        "No channel is configured: set Rescan__Notifications__Channels__0__Kind and so on in the settings file or the "
                            + "environment.");
                }

                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { channels = results });
                }
                else
                {
                    Of(results).Print(Screen.Out);
                }

                return results.All(r => r.Delivered) ? 0 : 1;
            }
        });
        return command;
    }

    public static Table Of(IEnumerable<DeliveryResult> results)
    {
        Table table = new(Column.Value("result"), Column.NameOf("channel"), Column.Text("answer"));
        foreach (DeliveryResult result in results)
        {
            table.Add(Cell.Marked(result.Delivered ? "ok" : "failed", result.Delivered), result.Channel, result.Detail);
        }

        return table;
    }
}
