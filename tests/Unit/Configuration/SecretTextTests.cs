using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.S3Events;
using Rescan.Functions.Webhooks;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

public sealed partial class SecretTextTests
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["Rescan__Appliances__0__Password"] = " p4ss ",
        ["Rescan__Key"] = "0123456789abcdef-key",
        ["Rescan__Keys__0__Key"] = "0123456789abcdef-next",
        ["Rescan__Notifications__Channels__0__Url"] = "https://receiver.example/hook",
        ["Rescan__Notifications__Channels__0__Secret"] = Secret,
        ["Rescan__Webhooks__Secrets__0"] = Secret,
        ["Rescan__Webhooks__S3__ApiKeys__0"] = "0123456789abcdef",
    };

    [Fact]
    public void Each_setting_that_holds_a_secret_is_known_here() => Assert.Equal(
        SettingKeys.All.Select(s => s.Key).Where(key => Holds().IsMatch(key)).Order(StringComparer.Ordinal),
        Secrets.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_line_break_behind_a_secret_is_no_part_of_it(string end)
    {
        ServiceCollection services = new();
        services.AddLogging();
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(Secrets.Select(s => KeyValuePair.Create(s.Key, (string?)(s.Value + end))).Concat(
            [
                new("Rescan__Keys__0__Name", "next"),
                new("Rescan__Appliances__0__Name", "one"),
                new("Rescan__Appliances__0__BaseUrl", "https://one.example:11005"),
                new("Rescan__Appliances__0__Username", "rescan"),
                new("Rescan__Notifications__Channels__0__Kind", "webhook"),
            ]).Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value)))
            .Build();
        services.AddRescan(configuration).AddServeOptions(configuration);
        using ServiceProvider provider = services.BuildServiceProvider();
        RescanOptions options = provider.GetRequiredService<IOptions<RescanOptions>>().Value;

        Assert.Equal(
            Secrets.Values,
            [
                options.Appliances[0].Password!,
                .. provider.GetRequiredService<IOptions<ServeOptions>>().Value.AllKeys().Select(k => k.Key!),
                options.Notifications.Channels[0].Url!,
                options.Notifications.Channels[0].Secret!,
                provider.GetRequiredService<IOptions<WebhookOptions>>().Value.Secrets[0],
                provider.GetRequiredService<IOptions<S3HookOptions>>().Value.ApiKeys[0],
            ]);
    }

    /// <summary>Names of vault secrets, addresses that are public, and the name of a header are no secrets.</summary>
    [GeneratedRegex("(?i)(password|secrets?(__0)?|keys?(__0)?|token|channels__0__url)$(?<!PasswordSecret|UrlSecret)")]
    private static partial Regex Holds();
}
