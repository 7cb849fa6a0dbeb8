using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Configuration;

/// <summary>Names every fault of the webhooks' settings at once; a secret is never repeated.</summary>
internal sealed partial class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    private const int ShortestKey = 16;

    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        List<string> faults = [];
        void Expect(bool holds, string key, string expected)
        {
            if (!holds)
            {
                faults.Add($"Rescan__Webhooks__{key}: {expected}");
            }
        }

        for (int i = 0; i < options.Secrets.Count; i++)
        {
            string secret = options.Secrets[i];
            Expect(IsBlank(secret) || WebhookSecret.TryParse(secret, out _), $"Secrets__{i}", "whsec_ followed by 24 to 64 bytes in base64, such as openssl rand -base64 32 prints");
        }

        S3HookOptions s3 = options.S3;
        for (int i = 0; i < s3.TopicArns.Count; i++)
        {
            Expect(IsBlank(s3.TopicArns[i]) || TopicArn().IsMatch(s3.TopicArns[i]), $"S3__TopicArns__{i}", "an SNS topic's ARN such as arn:aws:sns:eu-west-1:123456789012:backups");
        }

        for (int i = 0; i < s3.ApiKeys.Count; i++)
        {
            Expect(IsBlank(s3.ApiKeys[i]) || s3.ApiKeys[i].Length >= ShortestKey, $"S3__ApiKeys__{i}", $"a key of at least {ShortestKey} characters");
        }

        Expect(HeaderName().IsMatch(s3.ApiKeyHeader), "S3__ApiKeyHeader", "a header's name such as x-api-key");
        Expect(s3.MaxWait >= TimeSpan.FromSeconds(1) && s3.MaxWait <= TimeSpan.FromDays(1), "S3__MaxWait", "a time from 00:00:01 to 1.00:00:00");
        Expect(s3.QuietPeriod >= TimeSpan.FromSeconds(1) && s3.QuietPeriod <= s3.MaxWait, "S3__QuietPeriod", "a time from 00:00:01 to MaxWait");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static bool IsBlank(string value) => string.IsNullOrWhiteSpace(value);

    [GeneratedRegex(@"\Aarn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}\z")]
    private static partial Regex TopicArn();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex HeaderName();
}
