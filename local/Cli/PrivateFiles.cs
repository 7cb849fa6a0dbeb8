using System.Runtime.InteropServices;

namespace Rescan.Local.Cli;

/// <summary>
/// Keeps what this process and those that it starts write from other users: state, exports and reports tell what is backed up where.
/// </summary>
internal static partial class PrivateFiles
{
    /// <summary>Octal 077: nothing for group and others.</summary>
    private const uint OthersMask = 0x3F;

    public static void Use()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetMask(OthersMask);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetMask(uint mask);
}
