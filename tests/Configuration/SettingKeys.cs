using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Rescan.Functions.Configuration;

namespace Rescan.Tests.Configuration;

/// <summary>A setting as the options classes read it; entries of lists stand for all by index 0.</summary>
/// <param name="Key">Its key as an app setting.</param>
/// <param name="Default">What holds when it is not set; empty: nothing.</param>
/// <param name="Meaning">Its documentation.</param>
internal sealed record Setting(string Key, string Default, string Meaning);

/// <summary>Finds every setting by reflection, so that a new option cannot be forgotten.</summary>
internal static partial class SettingKeys
{
    private static readonly XDocument Documentation = XDocument.Load(Path.ChangeExtension(typeof(RescanOptions).Assembly.Location, ".xml"));

    /// <summary>The classes that are bound to a section of their own.</summary>
    public static IReadOnlyList<Type> Roots { get; } =
        [.. typeof(RescanOptions).Assembly.GetTypes().Where(t => SectionOf(t) is not null).OrderBy(t => SectionOf(t)!, StringComparer.Ordinal)];

    /// <summary>The classes reached from the roots.</summary>
    public static HashSet<Type> Reached { get; } = [];

    public static IReadOnlyList<Setting> All { get; } =
        [.. Roots.SelectMany(t => Of(t, SectionOf(t)!.Replace(":", "__", StringComparison.Ordinal), Activator.CreateInstance(t)!))];

    /// <summary>A key with its indexes as 0.</summary>
    public static string Normal(string key) => Index().Replace(key.Replace(":", "__", StringComparison.Ordinal), "__0");

    private static string? SectionOf(Type type) =>
        type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal) ? (string?)type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() : null;

    private static IEnumerable<Setting> Of(Type type, string prefix, object instance)
    {
        Reached.Add(type);
        foreach (PropertyInfo property in type.GetProperties().OrderBy(p => p.MetadataToken))
        {
            string key = $"{prefix}__{property.Name}";
            Type value = property.PropertyType;
            if (value.IsGenericType && value.GetGenericTypeDefinition() == typeof(IList<>))
            {
                Assert.Empty((IEnumerable)property.GetValue(instance)!);
                value = value.GetGenericArguments()[0];
                key += "__0";
                if (IsSection(value))
                {
                    foreach (Setting inner in Of(value, key, Activator.CreateInstance(value)!))
                    {
                        yield return inner;
                    }

                    continue;
                }

                yield return new Setting(key, "", MeaningOf(property));
            }
            else if (IsSection(value))
            {
                foreach (Setting inner in Of(value, key, property.GetValue(instance)!))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return new Setting(key, Text(property.GetValue(instance)), MeaningOf(property));
            }
        }
    }

    private static bool IsSection(Type type) => type.IsClass && type.Assembly == typeof(RescanOptions).Assembly;

    private static string Text(object? value) => value switch
    {
        null => "",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string MeaningOf(PropertyInfo property)
    {
        string name = $"P:{property.DeclaringType!.FullName}.{property.Name}";
        XElement? summary = Documentation.Descendants("member").SingleOrDefault(m => (string?)m.Attribute("name") == name)?.Element("summary");
        Assert.True(summary is not null, $"{name} has no documentation.");
        string text = string.Concat(summary.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see => $"`{((string)see.Attribute("cref")!).Split('.')[^1]}`",
            XElement other => $"`{other.Value}`",
            _ => n.ToString(SaveOptions.DisableFormatting),
        }));
        return Blanks().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"__[0-9]+(?=__|\z)")]
    private static partial Regex Index();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
