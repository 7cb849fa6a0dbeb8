using System.Text.Json;

namespace Rescan.Functions.Appliances.VeeamBackupAndReplication;

/// <summary>Reads a repository of the list. Its type is an open string, so what it holds decides, not what it is called.</summary>
internal static class RepositoryItemReader
{
    public static Repository Read(JsonElement e)
    {
        string? type = e.Text("type");
        (string? bucket, string? folder, bool isS3) = PlaceOf(e);
        return new Repository(e.Text("id") ?? "", e.Text("name") ?? "", bucket, folder)
        {
            Type = type,
            LeftOutOfRuns = ReasonToLeaveOut(type ?? "", bucket),
            KeyPrefixes = isS3 ? KeyPrefixesOf(S3Folder.Normal(folder)) : [],
        };
    }

    private static (string? Bucket, string? Folder, bool IsS3) PlaceOf(JsonElement e)
    {
        JsonElement bucket = e.Part("bucket");
        if (bucket.Text("bucketName") is { Length: > 0 } name)
        {
            return (name, bucket.Text("folderName"), true);
        }

        JsonElement container = e.Part("container");
        return (container.Text("containerName"), container.Text("folderName"), false);
    }

    /// <summary>
    /// Backups lie in <c>Veeam/Backup/</c>, those of a capacity tier in <c>Veeam/Archive/</c>; the folder alone is no prefix of keys.
    /// </summary>
    private static string[] KeyPrefixesOf(string folder) =>
        folder.Length == 0 ? ["Veeam/Backup/", "Veeam/Archive/"] : [$"Veeam/Backup/{folder}/", $"Veeam/Archive/{folder}/"];

    private static string? ReasonToLeaveOut(string type, string? bucket) => type switch
    {
        _ when type.EndsWith("External", StringComparison.Ordinal) =>
            "an external repository, which the server rescans by itself every 24 hours",
        "AmazonS3Glacier" or "AzureArchive" => "archive storage, which is slow and costly to read",
        _ when bucket is null =>
            "no bucket or container: a folder of a server or share, which may be a rotated drive that cannot be rescanned",
        _ => null,
    };
}
