namespace Rescan.Local.Runtime.Hosting;

/// <summary>A file that one process at a time holds open; free again when that one ends, however it does.</summary>
public static class LockFile
{
    // ERROR_SHARING_VIOLATION; EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] InUse = OperatingSystem.IsWindows() ? [unchecked((int)0x80070020)] : OperatingSystem.IsLinux()
        ? [11] : [35];

    /// <summary>Takes the file, made when absent.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What holds it until disposed; null when another process does.</returns>
    /// <exception cref="IOException">It cannot be written for another reason.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (InUse.Contains(e.HResult))
        {
            return null;
        }
    }
}
