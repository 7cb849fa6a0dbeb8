using Microsoft.Extensions.Options;
using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

public sealed class S3HookOptionsTests
{
    [Fact]
    public void The_defaults_are_valid()
    {
        S3HookOptions options = new();

        Assert.True(Validate(options).Succeeded);
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)), (options.QuietPeriod, options.MaxWait));
    }

    [Fact]
    public void A_whole_set_of_settings_is_valid() => Assert.True(Validate(new()
    {
        TopicArns = { "arn:aws:sns:eu-west-1:123456789012:backups", "arn:aws-cn:sns:cn-north-1:123456789012:a_b-c", "" },
        ApiKeys = { "0123456789abcdef" },
        ApiKeyHeader = "X-Rescan-Key",
        QuietPeriod = TimeSpan.FromMinutes(1),
        MaxWait = TimeSpan.FromMinutes(1),
    }).Succeeded);

    [Fact]
    public void All_faults_are_named_at_once_by_key_and_no_key_is_repeated()
    {
        ValidateOptionsResult result = Validate(new()
        {
            TopicArns = { "arn:aws:sqs:eu-west-1:123456789012:backups" },
            ApiKeys = { "tooshortakey" },
            ApiKeyHeader = "a b",
            QuietPeriod = TimeSpan.FromHours(2),
            MaxWait = TimeSpan.FromDays(2),
        });

        Assert.Equal(
            ["Rescan__Webhooks__S3__TopicArns__0", "Rescan__Webhooks__S3__ApiKeys__0", "Rescan__Webhooks__S3__ApiKeyHeader",
                "Rescan__Webhooks__S3__MaxWait"],
            result.Failures!.Select(f => f.Split(": ")[0]));
        Assert.DoesNotContain("tooshortakey", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("01:00:01")]
    public void A_quiet_period_outside_its_range_is_named(string quiet) => Assert.Contains(
        "Rescan__Webhooks__S3__QuietPeriod", Validate(new() { QuietPeriod = TimeSpan.Parse(quiet, null) }).FailureMessage,
        StringComparison.Ordinal);

    private static ValidateOptionsResult Validate(S3HookOptions options) => new S3HookOptionsValidator().Validate(null, options);
}
