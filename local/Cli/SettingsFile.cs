using System.CommandLine;
using System.Text.Json;
using Rescan.Local.Cli.Errors;

namespace Rescan.Local.Cli;

/// <summary>Settings as Functions keep them locally: an object "Values" in a file, and the environment over it.</summary>
internal static class SettingsFile
{
    /// <summary>The file that is read when none is named.</summary>
    public const string Usual = "local.settings.json";

    /// <summary>The option that names the file.</summary>
    public static Option<string> Option() => new("--settings") { HelpName = "FILE", Description = "the settings file; the environment wins over it", DefaultValueFactory = _ => Usual };

    /// <summary>The values of the file, if there is one, and of the environment.</summary>
    public static Dictionary<string, string?> Read(string file)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        if (File.Exists(file))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
                foreach (JsonProperty value in ValuesOf(document.RootElement).EnumerateObject())
                {
                    values[value.Name] = value.Value.ToString();
                }
            }
            catch (JsonException e)
            {
                throw new CommandException(ExitCodes.Configuration, $"{file} is not JSON: {ErrorMessage.Reason(e)}");
            }
            catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
            {
                throw new CommandException(ExitCodes.Configuration, $"{file} has no object \"Values\" with the settings in it, as local.settings.sample.json has.");
            }
        }

        foreach ((string key, string? value) in EnvironmentSettings.Read())
        {
            values[key] = value;
        }

        return values;
    }

    /// <summary>The object "Values", whatever its case.</summary>
    private static JsonElement ValuesOf(JsonElement root) =>
        root.TryGetProperty("Values", out JsonElement values) ? values
        : root.EnumerateObject().FirstOrDefault(p => string.Equals(p.Name, "Values", StringComparison.OrdinalIgnoreCase)).Value;
}
