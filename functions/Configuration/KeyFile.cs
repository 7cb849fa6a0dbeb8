using System.Security;

namespace Rescan.Functions.Configuration;

/// <summary>Keys that stand in files of their own, such as a mounted secret.</summary>
internal static class KeyFile
{
    private const int Largest = 4096;

    /// <summary>The key of an entry, from its file where one is named, and what is wrong with that; never both.</summary>
    public static (string? Key, string? Fault) KeyOf(KeyOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.KeyFile))
        {
            return (options.Key, null);
        }

        if (!string.IsNullOrEmpty(options.Key))
        {
            return (null, "give Key or KeyFile, not both");
        }

        try
        {
            FileInfo file = new(options.KeyFile);
            if (file is { Exists: true, Length: > Largest })
            {
                return (null, $"{file.FullName} is too large to hold nothing but a key");
            }

            string key = SecretText.Of(File.ReadAllText(file.FullName));
            return key.Length == 0 ? (null, $"{file.FullName} is empty") : (key, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException or ArgumentException
            or NotSupportedException)
        {
            return (null, $"{options.KeyFile} cannot be read: {ReasonOf(e)}");
        }
    }

    private static string ReasonOf(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "it is a folder, or this user may not read it",
        _ => e.Message,
    };
}
