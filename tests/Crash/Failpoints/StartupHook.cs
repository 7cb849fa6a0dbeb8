using System.Globalization;
using Rescan.Failpoints;

/// <summary>
/// Loaded into the real <c>rescan</c> process by DOTNET_STARTUP_HOOKS, so that the product holds nothing of it. Kills the process at the
/// point that RESCAN_FAILPOINT names (<c>NAME#N</c>, the Nth time), and lists points passed in the file of RESCAN_FAILPOINTS_LOG.
/// </summary>
#pragma warning disable CA1050 // The runtime looks for it outside any namespace.
internal static class StartupHook
#pragma warning restore CA1050
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Passed = new(StringComparer.Ordinal);
    private static string? target;
    private static StreamWriter? log;

    public static void Initialize()
    {
        target = Environment.GetEnvironmentVariable("RESCAN_FAILPOINT");
        string? file = Environment.GetEnvironmentVariable("RESCAN_FAILPOINTS_LOG");
        if (string.IsNullOrEmpty(target) && string.IsNullOrEmpty(file))
        {
            return;
        }

        log = string.IsNullOrEmpty(file) ? null : new StreamWriter(file) { AutoFlush = true };
        Commits.Watch(Pass);
        Requests.Watch(Pass);
    }

    private static void Pass(string name)
    {
        string point;
        lock (Gate)
        {
            int count = Passed[name] = Passed.GetValueOrDefault(name) + 1;
            point = string.Create(CultureInfo.InvariantCulture, $"{name}#{count}");
            log?.WriteLine(point);
        }

        if (point == target)
        {
            Kill.Now();
        }
    }
}
