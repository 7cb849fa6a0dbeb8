using Microsoft.Extensions.Options;
using Rescan.Functions.Webhooks;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

public sealed class WebhookOptionsTests
{
    [Fact]
    public void The_defaults_are_valid_and_open_no_hook()
    {
        WebhookOptions options = new();

        Assert.True(Validate(options).Succeeded);
        Assert.Empty(options.Secrets);
    }

    [Fact]
    public void Secrets_and_blank_entries_are_valid() =>
        Assert.True(Validate(new() { Secrets = { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "" } }).Succeeded);

    [Fact]
    public void A_secret_that_is_none_is_named_by_key_and_not_repeated()
    {
        ValidateOptionsResult result = Validate(new() { Secrets = { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hunter2hunter2" } });

        Assert.Equal(["Rescan__Webhooks__Secrets__1"], result.Failures!.Select(f => f.Split(": ")[0]));
        Assert.DoesNotContain("hunter2", result.FailureMessage, StringComparison.Ordinal);
    }

    private static ValidateOptionsResult Validate(WebhookOptions options) => new WebhookOptionsValidator().Validate(null, options);
}
