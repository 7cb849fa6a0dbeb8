namespace Rescan.Functions.Webhooks;

/// <summary>The hook for signed messages; it answers 404 while no secret is set.</summary>
public sealed class WebhookOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Rescan:Webhooks";

    /// <summary>
    /// Secrets of <c>POST /api/hooks/rescan</c>: <c>whsec_</c> and 24 to 64 bytes in base64. Several are accepted at once, so that
    /// one can be replaced without a gap; blank entries are passed over.
    /// </summary>
    public IList<string> Secrets { get; init; } = [];
}
