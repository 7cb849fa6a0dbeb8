using System.Collections;

namespace Rescan.Local.Cli;

/// <summary>Settings of the app that stand in the environment, where Azure keeps them too.</summary>
internal static class EnvironmentSettings
{
    public static Dictionary<string, string?> Read()
    {
        Dictionary<string, string?> settings = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            string key = (string)variable.Key;
            if (key == ApplianceArguments.PasswordVariable)
            {
                continue;
            }

            if (key.StartsWith("Rescan", StringComparison.OrdinalIgnoreCase) || key.StartsWith("AzureWebJobsStorage", StringComparison.OrdinalIgnoreCase) || key == "WEBSITE_TIME_ZONE"
                || key.StartsWith("OTEL_", StringComparison.Ordinal) || key.StartsWith("APPLICATIONINSIGHTS_", StringComparison.Ordinal))
            {
                settings[key] = (string?)variable.Value;
            }
        }

        return settings;
    }
}
