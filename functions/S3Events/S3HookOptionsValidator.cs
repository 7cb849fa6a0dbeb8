using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Rescan.Functions.S3Events.Sns;

namespace Rescan.Functions.S3Events;

/// <summary>Names every fault of the S3 hook's settings at once; a key is never repeated.</summary>
internal sealed partial class S3HookOptionsValidator : IValidateOptions<S3HookOptions>
{
    private const int ShortestKey = 16;

    public ValidateOptionsResult Validate(string? name, S3HookOptions options)
    {
        List<string> faults = [];
        void Expect(bool holds, string key, string expected)
        {
            if (!holds)
            {
                faults.Add($"Rescan__Webhooks__S3__{key}: {expected}");
            }
        }

        for (int i = 0; i < options.TopicArns.Count; i++)
        {
            Expect(IsBlank(options.TopicArns[i]) || AwsPartition.IsTopic(options.TopicArns[i]), $"TopicArns__{i}",
                "an SNS topic's ARN such as arn:aws:sns:eu-west-1:123456789012:backups");
        }

        for (int i = 0; i < options.ApiKeys.Count; i++)
        {
            Expect(IsBlank(options.ApiKeys[i]) || options.ApiKeys[i].Length >= ShortestKey, $"ApiKeys__{i}",
                $"a key of at least {ShortestKey} characters");
        }

        Expect(HeaderName().IsMatch(options.ApiKeyHeader), "ApiKeyHeader", "a header's name such as x-api-key");
        Expect(options.MaxWait >= TimeSpan.FromSeconds(1) && options.MaxWait <= TimeSpan.FromDays(1), "MaxWait",
            "a time from 00:00:01 to 1.00:00:00");
        Expect(options.QuietPeriod >= TimeSpan.FromSeconds(1) && options.QuietPeriod <= options.MaxWait, "QuietPeriod",
            "a time from 00:00:01 to MaxWait");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool IsBlank(string value) => string.IsNullOrWhiteSpace(value);

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex HeaderName();
}
