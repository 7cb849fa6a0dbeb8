using System.CommandLine;
using System.Text.Json;

namespace Rescan.Local.Cli;

/// <summary>Settings as Functions keep them locally: an object "Values" in a file, and the environment over it.</summary>
internal static class SettingsFile
{
    /// <summary>The option that names the file.</summary>
    public static Option<string> Option() => new("--settings") { Description = "the settings file; the environment wins over it", DefaultValueFactory = _ => "local.settings.json" };

    /// <summary>The values of the file, if there is one, and of the environment.</summary>
    public static Dictionary<string, string?> Read(string file)
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
