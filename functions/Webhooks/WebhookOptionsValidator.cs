using Microsoft.Extensions.Options;
using Rescan.Functions.StandardWebhooks;

namespace Rescan.Functions.Webhooks;

/// <summary>Names every fault of the webhooks' settings at once; a secret is never repeated.</summary>
internal sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        string[] faults = [.. options.Secrets
            .Index()
            .Where(s => !string.IsNullOrWhiteSpace(s.Item) && !WebhookSecret.TryParse(s.Item, out _))
            .Select(s =>
                $"Rescan__Webhooks__Secrets__{s.Index}: whsec_ followed by 24 to 64 bytes in base64, such as openssl rand -base64 32 "
                    + "prints")];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
