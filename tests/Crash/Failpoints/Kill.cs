using System.Runtime.InteropServices;

namespace Rescan.Failpoints;

internal static class Kill
{
    private const int Sigkill = 9;

    public static void Now()
    {
        _ = Send(Environment.ProcessId, Sigkill);
        Thread.Sleep(Timeout.Infinite);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
