using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary><c>rescan serve</c>: the app whole in this process, without Azure.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        Option<string> settings = new("--settings") { Description = "the settings file; the environment wins over it", DefaultValueFactory = _ => "local.settings.json" };
        Option<string> url = new("--url") { Description = "where to listen; wider than loopback only with Rescan__Key set", DefaultValueFactory = _ => "http://127.0.0.1:7071" };
        Option<string> state = new("--state") { Description = "folder of the state", DefaultValueFactory = _ => AppHost.DefaultState };
        Command command = new("serve", """
            Serve the HTTP API and run the nightly timer, on the settings of local.settings.json and the environment.

              rescan serve --state /var/lib/rescan
              curl -X POST http://127.0.0.1:7071/api/rescans -H 'content-type: application/json' -d '{"appliance":"appliance-1","repository":"prod"}'

            """) { settings, url, state };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!Uri.TryCreate(parse.GetValue(url), UriKind.Absolute, out Uri? address))
            {
                throw new CommandException(ExitCodes.Usage, $"--url '{parse.GetValue(url)}' is not an address such as http://127.0.0.1:7071.");
            }

            LocalFunctionHost host = await AppHost.StartAsync(
                Path.GetFullPath(parse.GetValue(state)!), Read(parse.GetValue(settings)!), address, timers: true,
                l => l.AddSimpleConsole(c => c.SingleLine = true).AddFilter("Microsoft", LogLevel.Warning), cancellationToken).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                Output.Step($"serving at {host.BaseAddress}api; Ctrl-C stops, and rescans under way go on at the next start");
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    Output.Step("stopping; rescans under way go on at the next start");
                }
            }

            return 0;
        });
        return command;
    }

    private static Dictionary<string, string?> Read(string file)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        if (File.Exists(file))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
                foreach (JsonProperty value in document.RootElement.GetProperty("Values").EnumerateObject())
                {
                    values[value.Name] = value.Value.ToString();
                }
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new CommandException(ExitCodes.Configuration, $"{file} is not a settings file with an object \"Values\": {e.Message}");
            }
        }

        foreach ((string key, string? value) in EnvironmentSettings.Read())
        {
            values[key] = value;
        }

        return values;
    }
}
