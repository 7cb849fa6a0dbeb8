using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Rescan.Functions.Display;
using Rescan.Local.Cli.Errors;

namespace Rescan.Local.Cli.Settings;

/// <summary>Settings as Functions keep them locally: an object "Values" in a file, and the environment over it.</summary>
/// <param name="File">The file.</param>
/// <param name="IsThere">Whether it is there.</param>
/// <param name="Values">The settings of the file and of the environment.</param>
/// <param name="Faults">What is wrong with the file itself, a line a fault, which begins with the key.</param>
internal sealed record SettingsFile(string File, bool IsThere, IReadOnlyDictionary<string, string?> Values, IReadOnlyList<string> Faults)
{
    /// <summary>The file that is read when none is named.</summary>
    public const string Usual = "local.settings.json";

    private const string ValuesKey = "Values";
    private const int MaxShown = 120;

    /// <summary>What may stand in the file; all but the values is read by editors and by Core Tools.</summary>
    private static readonly string[] Known = ["$schema", "IsEncrypted", ValuesKey, "Host", "ConnectionStrings"];

    /// <summary>The option that names the file.</summary>
    public static Option<string> Option() =>
        new("--settings")
        {
            HelpName = "FILE", Description = "the settings file; the environment wins over it", DefaultValueFactory = _ => Usual,
        };

    /// <summary>The settings that a command line asks for.</summary>
    /// <exception cref="OptionsValidationException">The file has faults, all of which are told.</exception>
    public static IReadOnlyDictionary<string, string?> Read(ParseResult parse, Option<string> option)
    {
        SettingsFile file = Load(parse, option);
        return file.Faults.Count == 0 ? file.Values : throw new OptionsValidationException(ValuesKey, typeof(SettingsFile), file.Faults);
    }

    /// <summary>The same with the faults that the file may have.</summary>
    /// <exception cref="CommandException">The file was named and is not there, or it cannot be read at all.</exception>
    public static SettingsFile Load(ParseResult parse, Option<string> option) =>
        Load(parse.GetValue(option)!, isNamed: parse.GetResult(option) is { Implicit: false });

    /// <summary>The settings of a file and of the environment.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isNamed">Whether somebody named it, so that it has to be there.</param>
    public static SettingsFile Load(string file, bool isNamed)
    {
        if (Directory.Exists(file))
        {
            throw new CommandException(
                ExitCodes.Configuration,
                $"{file} is a folder; --settings names the file with the settings, such as {Path.Combine(file, Usual)}.");
        }

        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        List<string> faults = [];
        bool isThere = System.IO.File.Exists(file);
        if (isThere)
        {
            ReadInto(values, faults, file);
        }
        else if (isNamed)
        {
            throw new CommandException(
                ExitCodes.Configuration,
                $"{file} is not there. Name the settings file with --settings, or leave that out to take the environment alone.");
        }

        foreach ((string key, string? value) in EnvironmentSettings.Read())
        {
            values[key] = value;
        }

        return new SettingsFile(file, isThere, values, faults);
    }

    private static void ReadInto(Dictionary<string, string?> values, List<string> faults, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                System.IO.File.ReadAllText(file), new JsonDocumentOptions
                {
                    CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
                });
            JsonProperty[] parts = document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. document.RootElement.EnumerateObject()]
                : [];
            if (Array.Find(
                parts, p => Is(p, ValuesKey)
                && p.Value.ValueKind == JsonValueKind.Object) is not { Value.ValueKind: JsonValueKind.Object } settings)
            {
                throw new CommandException(
                    ExitCodes.Configuration,
                    $"{file} has no object \"Values\" with the settings in it, as local.settings.sample.json has.");
            }

            if (Array.Exists(parts, p => Is(p, "IsEncrypted") && p.Value.ValueKind == JsonValueKind.True))
            {
                throw new CommandException(
                    ExitCodes.Configuration, $"{file} is encrypted by Core Tools. Decrypt it in its folder: func settings decrypt");
            }

            faults.AddRange(
                parts.Where(p => !Known.Any(k => Is(p, k))).Select(
                    p => $"{Shown(p)}: it stands beside \"Values\", where nothing is read; settings go into \"Values\""));
            foreach (JsonProperty setting in settings.Value.EnumerateObject())
            {
                if (setting.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                {
                    faults.Add($"{Shown(setting)}: a text in quotes; what stands within another is written {Inner(setting)}");
                }
                else if (!values.TryAdd(setting.Name, setting.Value.ToString()))
                {
                    faults.Add($"{Shown(setting)}: it is there more than once; leave one");
                }
            }
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCodes.Configuration, $"{file} is not JSON: {ErrorMessage.Reason(e)}");
        }
    }

    private static bool Is(JsonProperty property, string name) => string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase);

    private static string Shown(JsonProperty property) => SafeText.Line(property.Name, MaxShown);

    /// <summary>How the first of the settings within another would be written.</summary>
    private static string Inner(JsonProperty property)
    {
        string key = SafeText.Line(property.Name, MaxShown);
        for (JsonElement inner = property.Value; ;)
        {
            switch (inner.ValueKind)
            {
                case JsonValueKind.Object when inner.EnumerateObject()
                    .FirstOrDefault() is { Value.ValueKind: not JsonValueKind.Undefined } first:
                    key += "__" + SafeText.Line(first.Name, MaxShown);
                    inner = first.Value;
                    break;
                case JsonValueKind.Array when inner.GetArrayLength() > 0:
                    key += string.Create(CultureInfo.InvariantCulture, $"__{0}");
                    inner = inner[0];
                    break;
                default:
                    return key;
            }
        }
    }
}
