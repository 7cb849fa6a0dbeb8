using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>Names every fault of the appliances' settings at once; a password is never repeated.</summary>
internal sealed class ApplianceOptionsValidator : IValidateOptions<RescanOptions>
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
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> addresses = new(StringComparer.Ordinal);
        for (int i = 0; i < options.Appliances.Count; i++)
        {
            ApplianceOptions appliance = options.Appliances[i];
            string key = $"Appliances__{i}__";
            Expect(appliance.Name.Length > 0 && appliance.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'), key + "Name",
                "a name of letters, digits, dots and hyphens");
            Expect(names.Add(appliance.Name), key + "Name", $"a name of its own; '{appliance.Name}' is taken by another appliance");
            ApplianceProduct? product = ApplianceProducts.Find(appliance.Kind);
            Expect(product is not null, key + "Kind", $"one of {string.Join(", ", ApplianceProducts.All.Select(p => p.Kind))}");
            product ??= ApplianceProducts.All[0];
            Expect(ApplianceAddress.IsOne(appliance.BaseUrl), key + "BaseUrl", ApplianceAddress.Expected);
            if (appliance.BaseUrl is { IsAbsoluteUri: true } url && !addresses.TryAdd(ApplianceAddress.Normalize(url), appliance.Name))
            {
                faults.Add($"Rescan__{key}BaseUrl: an address of its own; it is that of appliance "
                    + $"'{addresses[ApplianceAddress.Normalize(url)]}', so every repository would be rescanned twice");
            }

            Expect(appliance.Username.Length > 0, key + "Username", "the account to sign in with");
            Expect(string.IsNullOrEmpty(appliance.Password) != string.IsNullOrEmpty(appliance.PasswordSecret), key + "PasswordSecret",
                "either PasswordSecret (a Key Vault secret's name) or Password (local runs only), not both");
            Expect(string.IsNullOrEmpty(appliance.PasswordSecret) || options.KeyVaultUri is not null, "KeyVaultUri",
                $"the vault that holds the secret of appliance '{appliance.Name}', such as https://NAME.vault.azure.net/");
            Expect(string.IsNullOrEmpty(appliance.ApiVersion) || ApplianceProduct.IsRevisionSetting(appliance.ApiVersion),
                key + "ApiVersion", $"auto, or a revision such as {product.DefaultRevision}");
            Expect(appliance.MaxConcurrentRescans is >= 1 and <= 100, key + "MaxConcurrentRescans", "a number from 1 to 100");
            for (int t = 0; t < appliance.Thumbprints.Count; t++)
            {
                string digits = appliance.Thumbprints[t].Replace(":", "", StringComparison.Ordinal);
                Expect(digits.Length == 0 || (digits.Length == 64 && digits.All(char.IsAsciiHexDigit)), $"{key}Thumbprints__{t}",
                    "a SHA-256 thumbprint of 64 hex digits");
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
