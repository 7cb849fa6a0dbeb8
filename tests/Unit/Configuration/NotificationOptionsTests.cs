using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

public sealed class NotificationOptionsTests
{
    private static readonly Dictionary<string, string?> Appliance = new()
    {
        ["Rescan:Appliances:0:Name"] = "appliance-1",
        ["Rescan:Appliances:0:BaseUrl"] = "https://appliance.example:11005",
        ["Rescan:Appliances:0:Username"] = "u",
        ["Rescan:Appliances:0:Password"] = "p",
    };

    [Fact]
    public void Every_fault_is_named_at_once_and_no_address_is_repeated()
    {
        string[] faults = Faults(new()
        {
            ["Rescan:PublicUrl"] = "rescan.example",
            ["Rescan:Deadline"] = "00:00:00.5",
            ["Rescan:Notifications:Channels:0:Kind"] = "email",
            ["Rescan:Notifications:Channels:0:Url"] = "http://hooks.example/hidden",
            ["Rescan:Notifications:Channels:1:Kind"] = "slack",
            ["Rescan:Notifications:Channels:1:When"] = "sometimes",
            ["Rescan:Notifications:Channels:1:Runs"] = "1",
            ["Rescan:Notifications:Channels:2:Kind"] = "slack",
            ["Rescan:Notifications:Channels:2:UrlSecret"] = "slack-address",
            ["Rescan:Notifications:Channels:2:Secret"] = "hidden",
            ["Rescan:Notifications:Channels:3:Kind"] = "webhook",
            ["Rescan:Notifications:Channels:3:Name"] = "my hook",
            ["Rescan:Notifications:Channels:3:Url"] = "https://user@hooks.example/hidden",
        });

        foreach (string key in (string[])[
            "Rescan__PublicUrl", "Rescan__Deadline", "Channels__0__Kind", "Channels__0__Url:", "Channels__1__UrlSecret",
            "Channels__1__When", "Channels__1__Runs",
            "Channels__2__Name", "Channels__2__Secret", "Rescan__KeyVaultUri", "Channels__3__Name", "Channels__3__Secret",
            "Channels__3__Url:"])
        {
            Assert.Contains(faults, f => f.Contains(key, StringComparison.Ordinal));
        }

        Assert.All(faults, f => Assert.DoesNotContain("hidden", f, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://hooks.example/x", true)]
    [InlineData("http://127.0.0.1:8080/x", true)]
    [InlineData("http://[::1]:8080/x", true)]
    [InlineData("http://hooks.example/x", false)]
    [InlineData("http://127.0.0.1.example/x", false)]
    [InlineData("ftp://127.0.0.1/x", false)]
    [InlineData("hooks.example", false)]
    public void Only_https_leaves_this_machine(string url, bool valid) =>
        Assert.Equal(
            valid,
            Faults(new()
            {
                ["Rescan:Notifications:Channels:0:Kind"] = "slack",
                ["Rescan:Notifications:Channels:0:Url"] = url
            }).Length == 0);

    [Theory]
    [InlineData("ntfy", "https://ntfy.sh/topic_1", null, null)]
    [InlineData("ntfy", "https://ntfy.example/below/topic", "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2", null)]
    [InlineData("ntfy", "https://ntfy.sh/", null, "Url")]
    [InlineData("ntfy", "https://ntfy.sh/topic?auth=x", null, "Url")]
    [InlineData("ntfy", "https://ntfy.sh/topic", "tk_\r\nX-Evil: hidden", "Secret")]
    [InlineData("ntfy", null, null, "UrlSecret")]
    [InlineData("pagerduty", null, "0123456789abcdef0123456789abcdef", null)]
    [InlineData("PagerDuty", "https://events.eu.pagerduty.com/v2/enqueue", "0123456789abcdef0123456789abcdef", null)]
    [InlineData("pagerduty", null, "hidden", "Secret")]
    [InlineData("pagerduty", null, null, "Secret")]
    public void A_channel_is_checked_by_its_kind(string kind, string? url, string? secret, string? fault)
    {
        string[] faults = Faults(new()
        {
            ["Rescan:Notifications:Channels:0:Kind"] = kind,
            ["Rescan:Notifications:Channels:0:Url"] = url,
            ["Rescan:Notifications:Channels:0:Secret"] = secret,
        });

        Assert.Equal(fault is null ? [] : [$"Rescan__Notifications__Channels__0__{fault}"], faults.Select(f => f.Split(": ")[0]));
        Assert.All(faults, f => Assert.DoesNotContain("hidden", f, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("smtp.example.com", null, "starttls", "rescan@example.com", "ops@example.com", "u", "p", "")]
    [InlineData("smtp.example.com", "25", "none", "Rescan <rescan@example.com>", "ops@example.com", null, null, "")]
    [InlineData("127.0.0.1", "2525", "none", "rescan@example.com", "ops@example.com", "u", "p", "")]
    [InlineData("smtp.example.com", "0", "ssl", "rescan", "ops@example.com\r\nBcc: x@y.z", "u", null, "Port Security Username From To")]
    [InlineData("smtp.example.com", null, "none", "rescan@example.com", "ops@example.com", "u", "p", "Security")]
    [InlineData("https://smtp.example.com", null, "1", "rescan@example.com", "", null, "p", "Host Security Username To")]
    public void A_mail_channel_is_checked_whole(
        string host, string? port, string security, string from, string to, string? user, string? password, string faults) => Assert.Equal(
        faults.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => "Rescan__Notifications__Channels__0__Mail__" + f),
        Faults(new()
        {
            ["Rescan:Notifications:Channels:0:Kind"] = "mail",
            ["Rescan:Notifications:Channels:0:Secret"] = password,
            ["Rescan:Notifications:Channels:0:Mail:Host"] = host,
            ["Rescan:Notifications:Channels:0:Mail:Port"] = port,
            ["Rescan:Notifications:Channels:0:Mail:Security"] = security,
            ["Rescan:Notifications:Channels:0:Mail:Username"] = user,
            ["Rescan:Notifications:Channels:0:Mail:From"] = from,
            ["Rescan:Notifications:Channels:0:Mail:To:0"] = to,
        }).Select(f => f.Split(": ")[0]));

    [Fact]
    public void An_alert_is_not_opened_at_each_failure() => Assert.Equal(2, Faults(new()
    {
        ["Rescan:Notifications:Channels:0:Kind"] = "pagerduty",
        ["Rescan:Notifications:Channels:0:Secret"] = "0123456789abcdef0123456789abcdef",
        ["Rescan:Notifications:Channels:0:When"] = "every",
        ["Rescan:Notifications:Channels:0:Runs"] = "always",
    }).Length);

    [Fact]
    public void A_channel_of_blanks_is_passed_over() =>
        Assert.Empty(
            Faults(
                new()
                {
                    ["Rescan:Notifications:Channels:0:Kind"] = "", ["Rescan:Notifications:Channels:0:Url"] = "",
                    ["Rescan:Notifications:Channels:0:When"] = "failure",
                }));

    [Fact]
    public void Secrets_may_come_from_the_vault() => Assert.Empty(Faults(new()
    {
        ["Rescan:KeyVaultUri"] = "https://name.vault.azure.net/",
        ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
        ["Rescan:Notifications:Channels:0:UrlSecret"] = "hook-address",
        ["Rescan:Notifications:Channels:0:SecretName"] = "hook-secret",
        ["Rescan:Notifications:Channels:0:When"] = "Always",
    }));

    private static string[] Faults(Dictionary<string, string?> settings)
    {
        ServiceCollection services = new();
        services.AddRescan(new ConfigurationBuilder().AddInMemoryCollection(Appliance).AddInMemoryCollection(settings).Build());
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            _ = provider.GetRequiredService<IOptions<RescanOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException e)
        {
            return [.. e.Failures];
        }
    }
}
