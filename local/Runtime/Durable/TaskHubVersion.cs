using System.Text.Json;
using System.Text.Json.Serialization;
using DurableTask.Core.Settings;

namespace Rescan.Local.Runtime.Durable;

/// <summary>
/// The version that instances are started in, and which of them this worker takes up: what the Functions host reads from <c>host.json</c>.
/// </summary>
public sealed record TaskHubVersion
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() }, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    };

    /// <summary>No version, and every instance is taken up.</summary>
    public static TaskHubVersion None { get; } = new();

    /// <summary>The version of new instances; empty for none.</summary>
    [JsonPropertyName("defaultVersion")]
    public string Version { get; init; } = "";

    /// <summary>Which instances are taken up.</summary>
    [JsonPropertyName("versionMatchStrategy")]
    public VersioningSettings.VersionMatchStrategy Match { get; init; }

    /// <summary>What becomes of the others: left for another worker, or failed.</summary>
    [JsonPropertyName("versionFailureStrategy")]
    public VersioningSettings.VersionFailureStrategy Failure { get; init; }

    /// <summary>Reads it from the text of a <c>host.json</c>.</summary>
    /// <exception cref="JsonException">It is not JSON, or names a strategy that there is not.</exception>
    public static TaskHubVersion Parse(string hostJson)
    {
        using JsonDocument host = JsonDocument.Parse(
            hostJson, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return host.RootElement.TryGetProperty("extensions", out JsonElement extensions)
            && extensions.TryGetProperty("durableTask", out JsonElement durable)
            ? durable.Deserialize<TaskHubVersion>(Json)!
            : None;
    }

    internal VersioningSettings ToSettings() => new() { Version = Version, MatchStrategy = Match, FailureStrategy = Failure };
}
