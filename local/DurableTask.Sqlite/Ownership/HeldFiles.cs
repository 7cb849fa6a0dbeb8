using System.Runtime.InteropServices;
using System.Text;

namespace DurableTask.Sqlite;

/// <summary>
/// The files that a running task hub holds open. A system lets a file be deleted or replaced under its user, and what is written to it then
/// is gone at the end; so each is compared with what its name leads to before a commit is acknowledged.
/// </summary>
internal sealed unsafe partial class HeldFiles
{
    // More than the structure of any system has; only its first fields are read.
    private const int StatBytes = 512;
    private const int PathBytes = 4096;

    private readonly List<(string Path, byte[] Name, ulong Device, ulong Inode)> files = [];

    /// <summary>Remembers a file as it is now.</summary>
    public void Add(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + '\0');
        if (Identify(path, name, out ulong device, out ulong inode))
        {
            files.Add((path, name, device, inode));
        }
    }

    /// <summary>Makes sure that every file is still the one that its name leads to.</summary>
    /// <exception cref="SqliteStorageException">One is missing, or another one.</exception>
    public void Check()
    {
        foreach ((string path, byte[] name, ulong device, ulong inode) in files)
        {
            if (!Identify(path, name, out ulong nowDevice, out ulong nowInode))
            {
                throw new SqliteStorageException(
                    SqliteStorageErrorKind.Missing,
                    $"The file {path} was deleted or moved while in use. Nothing was acknowledged since. Start again.");
            }

            if (nowDevice != device || nowInode != inode)
            {
                throw new SqliteStorageException(
                    SqliteStorageErrorKind.Lost,
                    $"The file {path} was replaced while in use. Nothing was acknowledged since. Start again.");
            }
        }
    }

    private static bool Identify(string path, byte[] name, out ulong device, out ulong inode)
    {
        device = inode = 0;
        if (OperatingSystem.IsWindows() || name.Length > PathBytes)
        {
            // Windows keeps a name as long as its file is open.
            return File.Exists(path);
        }

        byte* buffer = stackalloc byte[StatBytes];
        int result;
        fixed (byte* pointer = name)
        {
            result = OperatingSystem.IsMacOS()
                && RuntimeInformation.ProcessArchitecture == Architecture.X64 ? StatInode64(pointer, buffer) : Stat(pointer, buffer);
        }

        // Both begin with the device; macOS has mode and links before the inode, in the same eight bytes.
        device = OperatingSystem.IsMacOS() ? *(uint*)buffer : *(ulong*)buffer;
        inode = *(ulong*)(buffer + sizeof(ulong));
        return result == 0;
    }

    [LibraryImport("libc", EntryPoint = "stat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(byte* path, byte* buffer);

    [LibraryImport("libc", EntryPoint = "stat$INODE64")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatInode64(byte* path, byte* buffer);
}
