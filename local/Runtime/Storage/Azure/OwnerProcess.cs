using System.Diagnostics;
using System.Globalization;

namespace Rescan.Local.Runtime.Storage;

/// <summary>Names the process that owns a hub, so that another on the same machine can see that it died.</summary>
internal static class OwnerProcess
{
    private static readonly TimeSpan SameStart = TimeSpan.FromSeconds(5);

    /// <summary>This process.</summary>
    public static string Current
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return string.Create(CultureInfo.InvariantCulture, $"{Machine()}|{process.Id}|{process.StartTime.ToUniversalTime():O}");
        }
    }

    /// <summary>Whether a process surely runs no more; false too when it ran elsewhere, or cannot be read.</summary>
    public static bool IsDead(string owner)
    {
        if (owner.Split('|') is not [var machine, var id, var started]
            || machine != Machine()
            || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || !DateTime.TryParse(started, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime start))
        {
            return false;
        }

        try
        {
            using Process process = Process.GetProcessById(pid);
            return (process.StartTime.ToUniversalTime() - start).Duration() > SameStart;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>The machine as far as process ids reach: containers on one machine have their own.</summary>
    private static string Machine()
    {
        const string Boot = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Boot)
            ? File.ReadAllText(Boot).Trim() + "/" + new FileInfo("/proc/self/ns/pid").LinkTarget
            : Environment.MachineName;
    }
}
