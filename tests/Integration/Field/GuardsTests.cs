using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.S3Events;
using Rescan.Functions.S3Events.Sns;
using Rescan.Functions.Telemetry;
using Rescan.Functions.Webhooks;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Settings;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>Guards on some, and allow-lists that disagree.</summary>
public sealed class GuardsTests
{
    private const string Reference = "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/p)";

    [Fact]
    public async Task A_password_that_is_an_unresolved_reference_is_never_sent()
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        await using ClientOf app = new(server.Url, [server.Thumbprint], password: Reference);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.SignInAsync(default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.Contains("Key Vault reference is not resolved", e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("webhook", "https://receiver.example/hook", Reference)]
    [InlineData("slack", Reference, null)]
    public async Task So_are_the_secrets_of_a_channel_and_the_app_starts(string kind, string url, string? secret)
    {
        ServiceCollection services = new();
        services.AddLogging().AddRescanNotifications(
            Settings(
                ("Notifications__Channels__0__Kind", kind), ("Notifications__Channels__0__Url", url),
                ("Notifications__Channels__0__Secret", secret)));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IChannelTest test = provider.GetRequiredService<IChannelTest>();

        DeliveryResult result = await test.SendAsync(test.Channels[0], default);

        Assert.False(result.Delivered);
        Assert.Contains("Key Vault reference is not resolved", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Those_of_hooks_count_as_unset()
    {
        ServiceCollection services = new();
        services.AddLogging().AddRescan(Settings(("Webhooks__Secrets__0", Reference), ("Webhooks__S3__ApiKeys__0", Reference)));
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal("", provider.GetRequiredService<IOptions<WebhookOptions>>().Value.Secrets[0]);
        Assert.Equal("", provider.GetRequiredService<IOptions<S3HookOptions>>().Value.ApiKeys[0]);
    }

    [Fact]
    public async Task A_key_of_the_api_that_is_one_stops_the_start()
    {
        string folder = Directory.CreateTempSubdirectory("rescan-keys-").FullName;

        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => AppHost.StartAsync(
            folder,
            [
                new("Rescan__Key", Reference), new("Rescan__Appliances__0__Name", "one"),
                new("Rescan__Appliances__0__BaseUrl", "https://one.example"),
                new("Rescan__Appliances__0__Username", "u"), new("Rescan__Appliances__0__Password", "p"),
            ],
            new Uri("http://127.0.0.1:0"), timers: false, null, default));

        Assert.Contains("Key Vault reference is not resolved", e.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("AzureWebJobs_NightlyRun_Disabled")]
    [InlineData("AzureWebJobsFeatureFlags")]
    [InlineData("AZURE_CLIENT_ID")]
    [InlineData("WEBSITE_SITE_NAME")]
    [InlineData("anything_that_code_may_read_one_day")]
    public void The_environment_is_let_through_whole(string name)
    {
        Environment.SetEnvironmentVariable(name, "true");
        try
        {
            Assert.Equal("true", EnvironmentSettings.Read()[name]);
            Assert.Equal("true", AppHost.Configure(StateLocation.InFolder(Path.GetTempPath()), EnvironmentSettings.Read())[name]);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Theory]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.eu-west-1.amazonaws.com", true)]
    [InlineData("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn", true)]
    [InlineData("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com", true)]
    [InlineData("arn:aws-iso:sns:us-iso-east-1:123456789012:t", "sns.us-iso-east-1.c2s.ic.gov", true)]
    [InlineData("arn:aws-iso-b:sns:us-isob-east-1:123456789012:t", "sns.us-isob-east-1.sc2s.sgov.gov", true)]
    [InlineData("arn:aws-iso-e:sns:eu-isoe-west-1:123456789012:t", "sns.eu-isoe-west-1.cloud.adc-e.uk", true)]
    [InlineData("arn:aws-iso-f:sns:us-isof-south-1:123456789012:t", "sns.us-isof-south-1.csp.hci.ic.gov", true)]
    [InlineData("arn:aws-eusc:sns:eusc-de-east-1:123456789012:t", "sns.eusc-de-east-1.amazonaws.eu", true)]
    [InlineData("arn:aws-eusc:sns:eusc-de-east-1:123456789012:t", "sns.eu-west-1.amazonaws.com", false)]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.eusc-de-east-1.amazonaws.eu", false)]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com", false)]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.s3.amazonaws.com", false)]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.amazonaws.com", false)]
    [InlineData("arn:aws:sns:eu-west-1:123456789012:t", "sns.eu-west-1.amazonaws.com.evil.example", false)]
    public void A_topic_that_the_settings_take_is_signed_from_hosts_of_its_partition(string topic, string host, bool accepted)
    {
        SnsMessage message = StrictJson.Read(
            new JsonObject
            {
                ["Type"] = "Notification", ["MessageId"] = "m", ["TopicArn"] = topic, ["Message"] = "", ["Timestamp"] = "t",
                ["SignatureVersion"] = "2", ["Signature"] = "",
                ["SigningCertURL"] = $"https://{host}/SimpleNotificationService-0123456789abcdef.pem",
            }.ToJsonString(),
            SnsMessage.Read);

        Assert.True(new S3HookOptionsValidator().Validate(null, new S3HookOptions { TopicArns = { topic } }).Succeeded);
        Assert.Equal(accepted, SnsAddresses.IsCertificate(message));
    }

    [Theory]
    [InlineData("arn:aws-other:sns:eu-west-1:123456789012:t")]
    [InlineData("arn:aws-eusc:sns:eu-west-1:123456789012:t")]
    public void A_topic_of_no_partition_is_no_topic(string topic) =>
        Assert.True(new S3HookOptionsValidator().Validate(null, new S3HookOptions { TopicArns = { topic } }).Failed);

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true)]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", true)]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", true)]
    [InlineData("OTEL_SERVICE_NAME", false)]
    public void Any_variable_of_the_exporter_switches_telemetry_on(string name, bool on) =>
        Assert.Equal(on, new ConfigurationBuilder().AddInMemoryCollection([new(name, "http://127.0.0.1:4317")]).Build().IsTelemetrySet());

    [Theory]
    [InlineData("https://user:hidden@one.example:11005")]
    [InlineData("http://one.example")]
    [InlineData("https://one.example/?x=1")]
    [InlineData("https://one.example/#x")]
    public async Task A_base_url_is_refused_by_the_command_and_in_the_file_alike(string url)
    {
        ServiceCollection services = new();
        services.AddLogging().AddRescan(Settings(("Appliances__0__BaseUrl", url)));
        await using ServiceProvider provider = services.BuildServiceProvider();

        string file = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<RescanOptions>>().Value).Message;
        Ended command = await RescanProcess.RunAsync(["check", "--base-url", url, "--username", "u"], null, ("RESCAN_PASSWORD", "p"));

        Assert.Equal(ExitCodes.Usage, command.Exit);
        Assert.Contains(ApplianceAddress.Expected, file, StringComparison.Ordinal);
        Assert.Contains("must be an https:// address", command.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", file + command.Error, StringComparison.Ordinal);
    }

    private static IConfigurationRoot Settings(params (string Key, string? Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = "one", ["Rescan:Appliances:0:BaseUrl"] = "https://one.example",
            ["Rescan:Appliances:0:Username"] = "u", ["Rescan:Appliances:0:Password"] = "p",
        })
        .AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create("Rescan:" + s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value)))
        .Build();
}
