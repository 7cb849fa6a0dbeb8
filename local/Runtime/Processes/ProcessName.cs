using System.Diagnostics;
using System.Globalization;

namespace Rescan.Local.Runtime.Processes;

/// <summary>Names a process, so that another on the same machine can see that it died.</summary>
internal static class ProcessName
{
    private static readonly TimeSpan SameStart = TimeSpan.FromSeconds(5);

    /// <summary>This process.</summary>
    public static string Current
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return Describe(process);
        }
    }

    /// <summary>A process, as told to others.</summary>
    public static string Describe(Process process) =>
        string.Create(CultureInfo.InvariantCulture, $"{Machine()}|{process.Id}|{process.StartTime.ToUniversalTime():O}");

    /// <summary>Whether a process surely still runs on this machine; false too when it ran elsewhere, or cannot be read.</summary>
    public static bool IsAlive(string name) => name.Split('|') is [var machine, _, _] && machine == Machine() && !IsDead(name);

    /// <summary>Whether a process surely runs no more; false too when it ran elsewhere, or cannot be read.</summary>
    public static bool IsDead(string name)
    {
        if (name.Split('|') is not [var machine, var id, var started]
            || machine != Machine()
            || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || !DateTime.TryParse(started, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime start))
        {
            return false;
        }

        try
        {
            using Process process = Process.GetProcessById(pid);
            return IsZombie(pid) || (process.StartTime.ToUniversalTime() - start).Duration() > SameStart;
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

    /// <summary>Whether a process has ended and only its parent has not taken note.</summary>
    private static bool IsZombie(int pid)
    {
        try
        {
            // The state follows the name, which stands in brackets and may hold any.
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return false;
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
