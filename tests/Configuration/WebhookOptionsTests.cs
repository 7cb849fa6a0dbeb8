using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Tests.Configuration;

public sealed class WebhookOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_open_no_hook()
    {
        WebhookOptions options = new();

        Assert.True(Validate(options).Succeeded);
        Assert.Empty(options.Secrets);
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)), (options.S3.QuietPeriod, options.S3.MaxWait));
    }

    [Fact]
    public void A_whole_set_of_settings_is_valid() => Assert.True(Validate(new()
    {
        Secrets = { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "" },
        S3 = new()
        {
            TopicArns = { "arn:aws:sns:eu-west-1:123456789012:backups", "arn:aws-cn:sns:cn-north-1:123456789012:a_b-c", "" },
            ApiKeys = { "0123456789abcdef" },
            ApiKeyHeader = "X-Rescan-Key",
            QuietPeriod = TimeSpan.FromMinutes(1),
            MaxWait = TimeSpan.FromMinutes(1),
        },
    }).Succeeded);

    [Fact]
    public void All_faults_are_named_at_once_by_key_and_no_secret_is_repeated()
    {
        ValidateOptionsResult result = Validate(new()
        {
            Secrets = { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hunter2hunter2" },
            S3 = new()
            {
                TopicArns = { "arn:aws:sqs:eu-west-1:123456789012:backups" },
                ApiKeys = { "tooshortakey" },
                ApiKeyHeader = "a b",
                QuietPeriod = TimeSpan.FromHours(2),
                MaxWait = TimeSpan.FromDays(2),
            },
        });

        Assert.Equal(
            ["Rescan__Webhooks__Secrets__1", "Rescan__Webhooks__S3__TopicArns__0", "Rescan__Webhooks__S3__ApiKeys__0", "Rescan__Webhooks__S3__ApiKeyHeader", "Rescan__Webhooks__S3__MaxWait"],
            result.Failures!.Select(f => f.Split(": ")[0]));
        Assert.DoesNotContain("hunter2", result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("tooshortakey", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("01:00:01")]
    public void A_quiet_period_outside_its_range_is_named(string quiet) => Assert.Contains(
        "Rescan__Webhooks__S3__QuietPeriod",
        Validate(new() { S3 = new() { QuietPeriod = TimeSpan.Parse(quiet, null) } }).FailureMessage,
        StringComparison.Ordinal);

    private static ValidateOptionsResult Validate(WebhookOptions options) => new WebhookOptionsValidator().Validate(null, options);
}
