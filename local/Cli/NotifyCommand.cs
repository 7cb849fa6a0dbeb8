using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Notifications;

namespace Rescan.Local.Cli;

/// <summary><c>rescan notify --test</c>: a sample to every configured channel.</summary>
internal static class NotifyCommand
{
    public static Command Create()
    {
        Option<bool> sample = new("--test") { Description = "send a sample to each channel and print what it answers" };
        Option<string> settings = SettingsFile.Option();
        Option<string> output = Output.Option();
        Command command = new("notify", """
            Send a sample notification to every channel of the settings, and print what became of each. Exit code 1 when one was not taken.

              Rescan__Notifications__Channels__0__Kind=slack Rescan__Notifications__Channels__0__Url=https://hooks.slack.com/services/... rescan notify --test

            """) { sample, settings, output };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!parse.GetValue(sample))
            {
                throw new CommandException(ExitCodes.Usage, "notify only tries channels out so far: give --test.");
            }

            IConfiguration configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(SettingsFile.Read(parse.GetValue(settings)!).Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value))).Build();
            ServiceCollection collection = new();
            collection.AddLogging().AddRescan(configuration);
            ServiceProvider services = collection.BuildServiceProvider();
            await using (services.ConfigureAwait(false))
            {
                IChannelTest test = services.GetRequiredService<IChannelTest>();
                DeliveryResult[] results = await Task.WhenAll(test.Channels.Select(c => test.SendAsync(c, cancellationToken))).ConfigureAwait(false);
                if (results.Length == 0)
                {
                    throw new CommandException(ExitCodes.Configuration, "No channel is configured: set Rescan__Notifications__Channels__0__Kind and so on in the settings file or the environment.");
                }

                if (parse.GetValue(output) == "json")
                {
                    Output.PrintJson(new { channels = results });
                }
                else
                {
                    foreach (DeliveryResult result in results)
                    {
                        Console.Out.WriteLine($"{(result.Delivered ? "ok    " : "failed")}  {result.Channel}: {result.Detail}");
                    }
                }

                return results.All(r => r.Delivered) ? 0 : 1;
            }
        });
        return command;
    }
}
