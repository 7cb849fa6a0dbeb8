using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescan.Local.Simulator.Faults;

/// <summary>A file of faults: <c>{"faults": [{"name": "throttled", "request": "log", "after": 2, "times": 3, "seconds": 5}]}</c>.</summary>
public static class FaultScenario
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Reads a scenario.</summary>
    /// <param name="file">The file's path.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">It is not a scenario; the message says why.</exception>
    public static IReadOnlyList<Fault> Read(string file)
    {
        try
        {
            Scenario scenario = JsonSerializer.Deserialize<Scenario>(File.ReadAllText(file), Json)
                ?? throw new JsonException("It is null.");
            return [.. scenario.Faults.Select(FaultCatalog.Complete)];
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new FormatException(
                $"{file} is not a scenario such as {{\"faults\": [{{\"name\": \"throttled\", \"request\": \"log\", \"times\": 3}}]}}: "
                    + $"{e.Message}");
        }
    }

    private sealed record Scenario(IReadOnlyList<Fault> Faults)
    {
        public IReadOnlyList<Fault> Faults { get; } = Faults ?? throw new JsonException("It has no \"faults\".");
    }
}
