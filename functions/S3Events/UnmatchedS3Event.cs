namespace Rescan.Functions.S3Events;

/// <summary>An event that belongs to no repository of any appliance.</summary>
/// <param name="Bucket">The event's bucket.</param>
/// <param name="Key">The key of its object.</param>
/// <param name="Reason">What was compared, and where it differs.</param>
public sealed record UnmatchedS3Event(string Bucket, string Key, string Reason);
