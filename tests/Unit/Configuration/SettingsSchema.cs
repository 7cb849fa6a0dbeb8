using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>
/// The JSON Schema of a settings file as the options classes and docs/settings.md make it. Its keys are flat, so that .NET's exporter of
/// schemas, which gives nested ones, does not serve. Draft 7 is what editors know best.
/// </summary>
internal static partial class SettingsSchema
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    };

    public static string Text { get; } = Make().ToJsonString(Format) + "\n";

    private static JsonObject Make() => new()
    {
        ["$schema"] = "http://json-schema.org/draft-07/schema#",
        ["title"] = "Settings of Rescan",
        ["description"] = "local.settings.json, and the file that rescan --settings names.",
        ["type"] = "object",
        ["required"] = new JsonArray("Values"),
        ["properties"] = new JsonObject
        {
            ["$schema"] = new JsonObject { ["type"] = "string" },
            ["IsEncrypted"] = new JsonObject { ["description"] = "Read by Core Tools.", ["const"] = false },
            ["Values"] = Values(),
            ["Host"] = new JsonObject { ["description"] = "Read by Core Tools.", ["type"] = "object" },
            ["ConnectionStrings"] = new JsonObject { ["description"] = "Read by Core Tools.", ["type"] = "object" },
        },
        ["additionalProperties"] = false,
    };

    private static JsonObject Values()
    {
        JsonObject properties = [];
        JsonObject patterns = [];
        foreach (SettingKey setting in SettingKeys.All)
        {
            properties[setting.Key] = Of(setting);
            if (Pattern(setting.Key) is { } pattern && pattern != setting.Key)
            {
                patterns[$"^{pattern}$"] = new JsonObject { ["$ref"] = $"#/properties/Values/properties/{setting.Key}" };
            }
        }

        // Editors offer these; others may stand there too.
        string[] own = [.. SettingKeys.All.Select(s => s.Key)];
        foreach (Match row in Row().Matches(SourceTree.Read("docs/settings.md")))
        {
            if (!own.Contains(row.Groups["key"].Value))
            {
                properties[row.Groups["key"].Value] = new JsonObject
                {
                    ["description"] = Plain(row.Groups["meaning"].Value), ["type"] = "string",
                };
            }
        }

        string known = string.Join('|', SettingKeys.All.Select(s => Pattern(s.Key)["Rescan__".Length..]));
        patterns[$"^Rescan(?!__(?:{known})$)"] = false;
        return new JsonObject
        {
            ["description"] = "The settings. The environment wins over them.",
            ["type"] = "object",
            ["properties"] = properties,
            ["patternProperties"] = patterns,
            ["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean", "null") },
        };
    }

    private static JsonObject Of(SettingKey setting)
    {
        Setting docs = SettingDocs.All.Single(s => s.Key == setting.Key);
        SettingForm form = SettingForm.Of(setting.Type);
        JsonObject schema = new() { ["description"] = Plain(docs.Meaning) };
        schema["type"] = setting.Type == typeof(int) || setting.Type == typeof(double) ? new JsonArray("string", "number") : "string";
        if (docs.Default.Length > 0)
        {
            schema["default"] = docs.Default;
        }

        if (form.Pattern is { } pattern)
        {
            schema["pattern"] = $@"^\s*$|{pattern}";
        }

        if (setting.Property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            schema["enum"] = new JsonArray([.. allowed.Values.Select(v => (JsonNode?)JsonValue.Create((string?)v))]);
        }

        return schema;
    }

    /// <summary>The key with any number in the places of its indexes.</summary>
    private static string Pattern(string key) => Index().Replace(key, "__[0-9]+");

    private static string Plain(string markdown) =>
        markdown.Replace("`", "", StringComparison.Ordinal).Replace("\\|", "|", StringComparison.Ordinal);

    [GeneratedRegex(@"(?m)^\| `(?<key>\w+)` \| (everywhere|Core Tools|`rescan serve`) \| (?<meaning>.*) \|\r?$")]
    private static partial Regex Row();

    [GeneratedRegex(@"__0(?=__|\z)")]
    private static partial Regex Index();
}
