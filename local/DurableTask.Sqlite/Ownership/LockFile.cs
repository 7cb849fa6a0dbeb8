namespace DurableTask.Sqlite;

/// <summary>A file that one process at a time holds open; the system frees it when that process ends, however it does.</summary>
internal static class LockFile
{
    // ERROR_SHARING_VIOLATION; EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] InUse = OperatingSystem.IsWindows() ? [unchecked((int)0x80070020)] : OperatingSystem.IsLinux()
        ? [11] : [35];

    /// <summary>Takes the file, made when absent; null when another process has it.</summary>
    public static FileStream? TryTake(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (IOException e) when (InUse.Contains(e.HResult))
        {
            return null;
        }
    }
}
