namespace Rescan.Functions.S3Events;

/// <summary>
/// The hook for S3 event notifications: what <c>POST /api/hooks/s3</c> accepts, and how long it gathers events. It answers 404 while
/// neither a key nor a topic is set.
/// </summary>
public sealed class S3HookOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Rescan:Webhooks:S3";

    /// <summary>
    /// ARNs of the SNS topics whose messages are accepted and whose subscriptions are confirmed; blank entries are passed over.
    /// </summary>
    public IList<string> TopicArns { get; init; } = [];

    /// <summary>The header in which an EventBridge API destination shows its key.</summary>
    public string ApiKeyHeader { get; set; } = "x-api-key";

    /// <summary>Keys accepted in that header, of at least 16 characters; blank entries are passed over.</summary>
    public IList<string> ApiKeys { get; init; } = [];

    /// <summary>A repository is rescanned once no event has come for it this long; 1 second to <see cref="MaxWait"/>.</summary>
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A repository is rescanned this long after the first event even if events keep coming; at most 1 day.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(60);
}
