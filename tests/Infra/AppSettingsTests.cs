using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.S3Events;
using Rescan.Functions.Webhooks;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Infra;

[Collection(nameof(InfraFixture))]
public sealed class AppSettingsTests(InfraFixture infra)
{
    [Fact]
    public void The_app_reads_what_the_template_sets()
    {
        ServiceCollection services = new();
        services.AddRescan(Configuration(infra.Full));
        RescanOptions options = services.BuildServiceProvider().GetRequiredService<IOptions<RescanOptions>>().Value;

        Assert.Equal(TimeSpan.FromHours(12), options.Deadline);
        Assert.Equal(
            (7.5, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5)),
            (options.Polling.Kappa, options.Polling.MinInterval, options.Polling.MaxInterval));
        Assert.Equal(TimeSpan.FromMinutes(3), options.LostAnswerWait);
        Assert.Equal(TimeSpan.FromHours(11), options.RunDeadline);
        Assert.Equal((TimeSpan.FromMinutes(45), 2), (options.Retry.After, options.Retry.AtMost));
        Assert.Equal(
            ["prod-*", "*-test", "backups", "prod"],
            [.. options.Schedules[0].Include, .. options.Schedules[0].Exclude, options.Schedules[0].Bucket!, options.Schedules[0].Folder!]);
        Assert.Equal(["nightly", "weekly"], options.Schedules.Select(s => s.Name));
        Assert.Equal(["0 2 * * *", "0 4 * * 0"], options.Schedules.Select(s => s.Cron));
        Assert.Equal(("W. Europe Standard Time", "Aws.One"), (options.Schedules[0].Zone, Assert.Single(options.Schedules[0].Appliances)));
        Assert.Equal(DateTimeOffset.Parse("2026-05-04T06:00:00Z", CultureInfo.InvariantCulture), options.PausedUntil);
        Assert.Equal(["ops", null, null], options.Notifications.Channels.Select(c => c.Name));
        Assert.Equal(["ops-url", "slack-url", null], options.Notifications.Channels.Select(c => c.UrlSecret));
        MailOptions mail = options.Notifications.Channels[2].Mail;
        Assert.Equal(("smtp.example.com", 2525, "starttls", "rescan"), (mail.Host, mail.Port, mail.Security, mail.Username));
        Assert.Equal(["ops@example.com", "second@example.com"], mail.To);
        Assert.NotNull(options.KeyVaultUri);
        Assert.NotNull(options.Outcomes.TableServiceUri);
        Assert.Equal(2, options.Appliances.Count);
        ApplianceOptions one = options.Appliances[0];
        Assert.Equal(
            ("Aws.One", "https://one.example:11005/", "rescan", "one", "auto", 7),
            (one.Name, one.BaseUrl!.ToString(), one.Username, one.PasswordSecret, one.ApiVersion, one.MaxConcurrentRescans));
        Assert.Equal(2, one.Thumbprints.Count);
        ApplianceOptions two = options.Appliances[1];
        Assert.Equal(
            ("Aws.Two", "VeeamBackupForAws", "aws-two-password", "", 4),
            (two.Name, two.Kind, two.PasswordSecret, two.ApiVersion, two.MaxConcurrentRescans));
        Assert.Empty(two.Thumbprints);
    }

    [Fact]
    public void Hooks_stay_closed_until_their_secrets_are_in_the_vault()
    {
        Assert.Matches(
            @"^@Microsoft\.KeyVault\(VaultName=kv-rescan-[^;]+;SecretName=hook-secret-old\)$",
            infra.Full.AppSettings["Rescan__Webhooks__Secrets__1"]);
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRescan(Configuration(infra.Full));

        ServiceProvider provider = services.BuildServiceProvider();
        S3HookOptions s3 = provider.GetRequiredService<IOptions<S3HookOptions>>().Value;

        Assert.Equal(["", ""], provider.GetRequiredService<IOptions<WebhookOptions>>().Value.Secrets);
        Assert.Equal([""], s3.ApiKeys);
        Assert.Equal(("x-rescan-key", TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)), (s3.ApiKeyHeader, s3.QuietPeriod, s3.MaxWait));
    }

    [Fact]
    public void Every_secret_to_set_is_told() => Assert.Equal(
        ["one", "aws-two-password", "hook-secret", "hook-secret-old", "s3-key", "ops-url", "slack-url", "ops-secret", "mail-password"],
        infra.Full.Outputs["VAULT_ENTRIES_TO_SET"]!.AsArray().Select(v => (string)v!));

    [Fact]
    public void Polling_keeps_the_app_s_defaults_unless_told_otherwise() =>
        Assert.DoesNotContain(infra.Sample.AppSettings.Keys, k => k.StartsWith("Rescan__Polling__", StringComparison.Ordinal));

    [Fact]
    public void Further_settings_are_passed_on() => Assert.Equal("yes", infra.Full.AppSettings["EXTRA"]);

    // Addresses that only Azure knows stand in the prediction as expressions.
    private static IConfiguration Configuration(Deployment deployment) => new ConfigurationBuilder()
        .AddInMemoryCollection(deployment.AppSettings.Select(s => KeyValuePair.Create<string, string?>(
            s.Key.Replace("__", ":", StringComparison.Ordinal),
            s.Value.StartsWith('[') && s.Key.EndsWith("Uri", StringComparison.Ordinal) ? "https://azure.example/" : s.Value)))
        .Build();
}
