using System.Text.Json.Nodes;

namespace Rescan.Tests.Infra;

/// <summary>Resources that a deployment would make; what only Azure knows is left as an expression.</summary>
public sealed class Deployment(JsonNode snapshot)
{
    public string Text { get; } = snapshot.ToJsonString();

    public IReadOnlyList<JsonNode> Resources { get; } = [.. snapshot["predictedResources"]!.AsArray().Select(r => r!)];

    public JsonObject Outputs { get; } = snapshot["outputs"]!.AsObject();

    public IReadOnlyList<JsonNode> Of(string type) => [.. Resources.Where(r => (string?)r["type"] == type)];

    public JsonNode One(string type) => Assert.Single(Of(type));

    public Dictionary<string, string> AppSettings =>
        Of("Microsoft.Web/sites/config")
        .Single(r => ((string)r["name"]!).EndsWith("/appsettings", StringComparison.Ordinal))["properties"]!.AsObject()
        .ToDictionary(p => p.Key, p => (string)p.Value!);

    /// <summary>The resource that an extension resource, such as a role assignment, is on: its type, or a group or subscription.</summary>
    public static string ScopeOf(JsonNode extension)
    {
        string id = (string)extension["id"]!;
        string scope = id[..id.LastIndexOf("/providers/", StringComparison.Ordinal)];
        int provider = scope.LastIndexOf("/providers/", StringComparison.Ordinal);
        if (provider < 0)
        {
            return scope.Contains("/resourceGroups/", StringComparison.Ordinal) ? "group" : "subscription";
        }

        string[] parts = scope[(provider + "/providers/".Length)..].Split('/');
        return string.Join('/', parts.Where((_, i) => i == 0 || i % 2 == 1));
    }
}
