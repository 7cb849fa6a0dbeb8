namespace Rescan.Functions.Appliances;

/// <summary>A folder of a bucket, as keys of objects spell it.</summary>
internal static class S3Folder
{
    /// <summary>Its segments with a slash between them, none around; empty for the bucket itself.</summary>
    public static string Normal(string? folder) => string.Join('/', (folder ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries));
}
