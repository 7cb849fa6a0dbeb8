namespace Rescan.Functions.S3Events;

/// <summary>An object that came into a bucket.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Key">The object's key, decoded.</param>
/// <param name="Time">When it came, UTC; null when the event does not tell.</param>
public sealed record S3Event(string Bucket, string Key, DateTimeOffset? Time);
