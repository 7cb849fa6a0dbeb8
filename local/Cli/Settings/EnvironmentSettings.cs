using System.Collections;

namespace Rescan.Local.Cli.Settings;

/// <summary>The environment as settings, whole, as in Azure: whatever any part of the app reads is let through.</summary>
internal static class EnvironmentSettings
{
    public static Dictionary<string, string?> Read()
    {
        Dictionary<string, string?> settings = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            // The password of the commands is no setting, and settings are kept longer than it is needed.
            if ((string)variable.Key is var key && key != ApplianceArguments.PasswordVariable)
            {
                settings[key] = (string?)variable.Value;
            }
        }

        return settings;
    }
}
