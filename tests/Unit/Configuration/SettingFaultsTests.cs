using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>What the binder of .NET would pass over or stop at.</summary>
public sealed class SettingFaultsTests
{
    private const string Duration = "a duration of the form [days.]hours:minutes:seconds, such as 00:02:00 or 1.00:00:00";
    private const string Time = "a time with its distance from UTC, such as 2026-05-04T06:00:00Z or 2026-05-04T08:00:00+02:00";

    [Theory]
    [InlineData("Rescan__Deadlin", "Rescan__Deadline")]
    [InlineData("Rescan__Polling__MaxIntervall", "Rescan__Polling__MaxInterval")]
    [InlineData("Rescan__Appliances__12__Usrename", "Rescan__Appliances__12__Username")]
    [InlineData("Rescan__Appliances__1__Thumbprint__3", "Rescan__Appliances__1__Thumbprints__3")]
    [InlineData("Rescan__Appliances__first__Name", "Rescan__Appliances__0__Name")]
    [InlineData("Rescan__Webhooks__S3__TopicArn__0", "Rescan__Webhooks__S3__TopicArns__0")]
    [InlineData("Rescan__MaxConcurrentRescans", "Rescan__Appliances__0__MaxConcurrentRescans")]
    [InlineData("Rescan__Keyz", "Rescan__Key")]
    [InlineData("RESCAN__DEADLIN", "Rescan__Deadline")]
    [InlineData("Recsan__Deadline", "Rescan__Deadline")]
    [InlineData("Rescan_Deadline", "Rescan__Deadline")]
    [InlineData("Rescan_Appliances__3__Name", "Rescan__Appliances__3__Name")]
    [InlineData("Rescan__Schedule__1__Cron", "Rescan__Schedules__1__Cron")]
    [InlineData("Rescan__PauseUntil", "Rescan__PausedUntil")]
    public void A_key_that_nothing_reads_is_named_with_the_one_that_was_meant(string typed, string meant) =>
        Assert.Equal([$"{typed}: no setting has this name. Did you mean {meant}?"], Faults((typed, "s3cret")));

    [Theory]
    [InlineData("Rescan__Frobnicate")]
    [InlineData("Rescan__Appliances")]
    public void A_key_that_resembles_none_is_named_all_the_same(string typed) =>
        Assert.Equal([$"{typed}: no setting has this name; docs/settings.md lists them all"], Faults((typed, "x")));

    [Theory]
    [InlineData("rescan__deadline", "01:00:00")]
    [InlineData("Rescan__Appliances__17__Thumbprints__4", "")]
    [InlineData("RESCAN_PASSWORD", "x")]
    [InlineData("RESCAN_KEY", "x")]
    [InlineData("RESCAN_PORT_7071_TCP", "x")]
    [InlineData("Resume__Deadline", "x")]
    [InlineData("WEBSITE_SITE_NAME", "x")]
    [InlineData("AzureWebJobs.StartScheduledRuns.Disabled", "true")]
    [InlineData("Rescan__Deadline", " ")]
    [InlineData("Rescan__KeyVaultUri", "")]
    [InlineData("Rescan__Deadline", " 23:59:59.5 ")]
    [InlineData("Rescan__Deadline", "1:30")]
    [InlineData("Rescan__Polling__Kappa", "0.5")]
    [InlineData("Rescan__PausedUntil", "2026-05-04T08:00+02:00")]
    public void What_is_read_or_is_somebody_elses_is_no_fault(string key, string value) => Assert.Empty(Faults((key, value)));

    [Theory]
    [InlineData("Rescan__Deadline", "soon", Duration)]
    [InlineData("Rescan__Deadline", "90m", Duration)]
    [InlineData("Rescan__Deadline", "24", Duration)]
    [InlineData("Rescan__Deadline", "24:00:00", Duration)]
    [InlineData("Rescan__Webhooks__S3__QuietPeriod", "-00:10:00", Duration)]
    [InlineData("Rescan__Appliances__0__MaxConcurrentRescans", "four", "a whole number, such as 4")]
    [InlineData("Rescan__RequestBurst", "1e3", "a whole number, such as 4")]
    [InlineData("Rescan__Polling__Kappa", "0,5", "a number, such as 5 or 0.5")]
    [InlineData("Rescan__PausedUntil", "2026-05-04", Time)]
    [InlineData("Rescan__PausedUntil", "2026-02-31T00:00:00Z", Time)]
    public void A_value_that_cannot_be_read_is_told_by_key_and_form_and_not_shown(string key, string value, string form) =>
        Assert.Equal([$"{key}: {form}"], Faults((key, value)));

    /// <summary>Text from outside may stand in a key as well.</summary>
    [Fact]
    public void A_key_is_shown_without_what_acts_on_a_terminal() =>
        Assert.DoesNotContain('\u001b', Assert.Single(Faults(("Rescan__\u001b[2J", "x"))));

    [Fact]
    public void They_are_told_with_all_others_and_what_can_be_read_is_bound()
    {
        ServiceCollection services = new();
        services.AddLogging();
        IConfiguration configuration = Configuration(
            ("Rescan__Appliances__0__Name", "a b"), ("Rescan__Appliances__0__BaseUrl", "https://user:s3cret@host:99999"),
            ("Rescan__Appliances__0__Username", "u"),
            ("Rescan__Appliances__0__Password", "p"), ("Rescan__Deadline", "soon"), ("Rescan__Deadlin", "01:00:00"),
            ("Rescan__KeyVaultUri", "vault"),
            ("Rescan__Webhooks__S3__QuietPeriod", "long"), ("Rescan__Webhooks__S3__MaxWait", "3.00:00:00"),
            ("Rescan__AllowedHosts__0", "http://x"), ("Rescan__Keys__0__Key", "short"),
            ("Rescan__Keys__0__Name", "two words"), ("Rescan__Keys__0__Role", "Admin"));
        services.AddRescan(configuration).AddServeOptions(configuration);
        using ServiceProvider provider = services.BuildServiceProvider();

        AggregateException e = Assert.Throws<AggregateException>(() => provider.GetRequiredService<IStartupValidator>().Validate());

        string[] faults = [.. e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(i => i.Failures)];
        Assert.Equal(
            [
                "Rescan__AllowedHosts__0", "Rescan__Appliances__0__BaseUrl", "Rescan__Appliances__0__Name", "Rescan__Deadlin",
                "Rescan__Deadline",
                "Rescan__KeyVaultUri", "Rescan__Keys__0__Key", "Rescan__Keys__0__Name", "Rescan__Keys__0__Role",
                "Rescan__Webhooks__S3__MaxWait", "Rescan__Webhooks__S3__QuietPeriod",
            ],
            faults.Select(f => f.Split(": ")[0]).Order(StringComparer.Ordinal));
        Assert.All(faults, f => Assert.DoesNotContain("s3cret", f, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_setting_has_a_form() => Assert.All(SettingKeys.All, s => Assert.NotEmpty(SettingForm.Of(s.Type).Expected));

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) => SettingFaults.Of(Configuration(settings));

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), (string?)s.Value))).Build();
}
