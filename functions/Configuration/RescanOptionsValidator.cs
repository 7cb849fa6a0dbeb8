using Microsoft.Extensions.Options;

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

        Expect(
            options.Deadline >= TimeSpan.FromSeconds(1) && options.Deadline <= TimeSpan.FromDays(7), "Deadline",
            "a time from 00:00:01 to 7.00:00:00");
        Expect(
            options.LostAnswerWait >= TimeSpan.FromSeconds(1) && options.LostAnswerWait <= TimeSpan.FromHours(1), "LostAnswerWait",
            "a time from 00:00:01 to 01:00:00");
        Expect(
            options.RunDeadline >= TimeSpan.FromMinutes(1) && options.RunDeadline <= TimeSpan.FromDays(7), "RunDeadline",
            "a time from 00:01:00 to 7.00:00:00");
        Expect(
            options.Retry.After >= TimeSpan.FromSeconds(1) && options.Retry.After <= TimeSpan.FromDays(1), "Retry__After",
            "a time from 00:00:01 to 1.00:00:00");
        Expect(options.Retry.AtMost is >= 0 and <= 10, "Retry__AtMost", "a whole number from 0 to 10");
        PollingOptions polling = options.Polling;
        Expect(polling.Kappa is >= 0.1 and <= 3600, "Polling__Kappa", "a number of seconds from 0.1 to 3600");
        Expect(polling.MinInterval >= TimeSpan.FromMilliseconds(100), "Polling__MinInterval", "a time of at least 00:00:00.1");
        Expect(
            polling.MaxInterval >= polling.MinInterval && polling.MaxInterval <= TimeSpan.FromHours(1), "Polling__MaxInterval",
            "a time from MinInterval to 01:00:00");
        Expect(IsWeb(options.KeyVaultUri), "KeyVaultUri", "the address of the vault, such as https://NAME.vault.azure.net/");
        Expect(
            IsWeb(options.Outcomes.TableServiceUri), "Outcomes__TableServiceUri",
            "the address of the table service, such as https://NAME.table.core.windows.net/");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool IsWeb(Uri? address) => address is null or { IsAbsoluteUri: true, Scheme: "https" or "http" };
}
