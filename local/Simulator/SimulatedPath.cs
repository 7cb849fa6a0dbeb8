namespace Rescan.Local.Simulator;

/// <summary>The path of a request to a simulated API.</summary>
internal static class SimulatedPath
{
    /// <summary>The parts below the API's own path; none where the request is not for it.</summary>
    public static string[] PartsOf(string api, string path) =>
        path.StartsWith(api, StringComparison.Ordinal) ? path[api.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
}
