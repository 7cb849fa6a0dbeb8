using Microsoft.Extensions.Options;
using Rescan.Functions.Appliance;

namespace Rescan.Functions.Configuration;

/// <summary>Names every fault of the settings at once: its key, and what was expected.</summary>
internal sealed class RescanOptionsValidator : IValidateOptions<RescanOptions>
{
    public ValidateOptionsResult Validate(string? name, RescanOptions options)
    {
        List<string> faults = [];
        void Expect(bool holds, string key, string expected)
        {
            if (!holds)
            {
                faults.Add($"Rescan__{key}: {expected}");
            }
        }

        Expect(options.Appliances.Count > 0, "Appliances__0__Name", "at least one appliance is needed");
        Expect(options.Deadline >= TimeSpan.FromSeconds(1) && options.Deadline <= TimeSpan.FromDays(7), "Deadline", "a time from 00:00:01 to 7.00:00:00");
        Expect(options.RunDeadline >= TimeSpan.FromMinutes(1) && options.RunDeadline <= TimeSpan.FromDays(7), "RunDeadline", "a time from 00:01:00 to 7.00:00:00");
        PollingOptions polling = options.Polling;
        Expect(polling.Kappa is >= 0.1 and <= 3600, "Polling__Kappa", "a number of seconds from 0.1 to 3600");
        Expect(polling.MinInterval >= TimeSpan.FromMilliseconds(100), "Polling__MinInterval", "a time of at least 00:00:00.1");
        Expect(polling.MaxInterval >= polling.MinInterval && polling.MaxInterval <= TimeSpan.FromHours(1), "Polling__MaxInterval", "a time from MinInterval to 01:00:00");
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < options.Appliances.Count; i++)
        {
            ApplianceOptions appliance = options.Appliances[i];
            string key = $"Appliances__{i}__";
            Expect(appliance.Name.Length > 0 && appliance.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'), key + "Name", "a name of letters, digits, dots and hyphens");
            Expect(names.Add(appliance.Name), key + "Name", $"a name of its own; '{appliance.Name}' is taken by another appliance");
            Expect(appliance.BaseUrl is { IsAbsoluteUri: true, Scheme: "https" }, key + "BaseUrl", "an https:// address such as https://appliance.example:11005");
            Expect(appliance.Username.Length > 0, key + "Username", "the account to sign in with");
            Expect(string.IsNullOrEmpty(appliance.Password) != string.IsNullOrEmpty(appliance.PasswordSecret), key + "PasswordSecret", "either PasswordSecret (a Key Vault secret's name) or Password (local runs only), not both");
            Expect(string.IsNullOrEmpty(appliance.PasswordSecret) || options.KeyVaultUri is not null, "KeyVaultUri", $"the vault that holds the secret of appliance '{appliance.Name}', such as https://NAME.vault.azure.net/");
            Expect(ApplianceRevisions.IsSetting(appliance.ApiVersion), key + "ApiVersion", "auto, or a revision such as 1.0-rev0");
            Expect(appliance.MaxConcurrentRescans is >= 1 and <= 100, key + "MaxConcurrentRescans", "a number from 1 to 100");
            for (int t = 0; t < appliance.Thumbprints.Count; t++)
            {
                string digits = appliance.Thumbprints[t].Replace(":", "", StringComparison.Ordinal);
                Expect(digits.Length == 0 || (digits.Length == 64 && digits.All(char.IsAsciiHexDigit)), $"{key}Thumbprints__{t}", "a SHA-256 thumbprint of 64 hex digits");
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
