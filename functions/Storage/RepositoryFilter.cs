namespace Rescan.Functions.Storage;

/// <summary>Which repositories; every condition given must hold.</summary>
/// <param name="Include">Names, with * for any run of characters; null: all.</param>
/// <param name="Exclude">Names left out, likewise.</param>
/// <param name="Bucket">The S3 bucket.</param>
/// <param name="Folder">The folder in the bucket.</param>
public sealed record RepositoryFilter(
    IReadOnlyList<string>? Include = null, IReadOnlyList<string>? Exclude = null, string? Bucket = null, string? Folder = null);
