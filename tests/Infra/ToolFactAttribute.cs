namespace Rescan.Tests.Infra;

/// <summary>A test that needs programs; where one is missing, the test is told as skipped, with what to install.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] programs) => Skip = Tools.Missing(programs)!;
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(params string[] programs) => Skip = Tools.Missing(programs)!;
}

internal static class Tools
{
    /// <returns>What is missing; null when nothing is.</returns>
    public static string? Missing(IEnumerable<string> programs)
    {
        string[] missing = [.. programs.Where(p => !IsInstalled(p))];
        return missing.Length == 0 ? null : $"missing: {string.Join(", ", missing)}; build/shells installs what it can";
    }

    private static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, program)));
}
