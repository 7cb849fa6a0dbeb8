using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Rescan.Functions.Configuration;

/// <summary>A setting under <c>Rescan</c> as an options class reads it; entries of lists stand for all by index 0.</summary>
/// <param name="Key">Its key as an app setting, such as <c>Rescan__Appliances__0__Name</c>.</param>
/// <param name="Type">The type of its value.</param>
/// <param name="Default">What holds when it is not set; null: nothing.</param>
/// <param name="Property">Where it is declared.</param>
public sealed record SettingKey(string Key, Type Type, object? Default, PropertyInfo Property);

/// <summary>Every setting under <c>Rescan</c>, found in the options classes, so that a new option cannot be forgotten.</summary>
public static partial class SettingKeys
{
    /// <summary>The classes that are bound to a section of their own, as their constant <c>Section</c> says.</summary>
    public static IReadOnlyList<Type> Roots { get; } =
    [
        .. typeof(SettingKeys).Assembly.GetTypes().Where(t => SectionOf(t) is not null)
            .OrderBy(t => SectionOf(t)!, StringComparer.Ordinal).ThenBy(t => t.Name, StringComparer.Ordinal),
    ];

    private static readonly Lazy<IReadOnlyList<SettingKey>> Found = new(() =>
        [.. Roots.SelectMany(t => Of(t, SectionOf(t)!.Replace(":", "__", StringComparison.Ordinal)))]);

    private static readonly Lazy<IReadOnlyDictionary<string, SettingKey>> ByKey = new(
        () => All.ToDictionary(s => s.Key, StringComparer.OrdinalIgnoreCase));

    /// <summary>All of them, in the order of the classes.</summary>
    public static IReadOnlyList<SettingKey> All => Found.Value;

    /// <summary>The setting of a key with any indexes, whatever its case; null when there is none.</summary>
    public static SettingKey? Find(string key) => ByKey.Value.GetValueOrDefault(Normal(key));

    /// <summary>A key as it is written in app settings, with its indexes as 0.</summary>
    public static string Normal(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Index().Replace(key.Replace(":", "__", StringComparison.Ordinal), "0");
    }

    /// <summary>A key with the indexes of another in the places of its own.</summary>
    internal static string WithIndexes(string key, string of)
    {
        Queue<string> indexes = new(Index().Matches(of).Select(m => m.Value));
        return Index().Replace(key, own => indexes.TryDequeue(out string? index) ? index : own.Value);
    }

    private static string? SectionOf(Type type) => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal)
        ? (string?)type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue()
        : null;

    private static IEnumerable<SettingKey> Of(Type type, string prefix)
    {
        object defaults = Activator.CreateInstance(type)!;
        foreach (PropertyInfo property in type.GetProperties().OrderBy(p => p.MetadataToken))
        {
            bool isList = property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IList<>);
            Type value = isList ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
            string key = string.Create(CultureInfo.InvariantCulture, $"{prefix}__{property.Name}{(isList ? "__0" : "")}");
            value = Nullable.GetUnderlyingType(value) ?? value;
            if (value.IsClass && value.Assembly == type.Assembly)
            {
                foreach (SettingKey inner in Of(value, key))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return new SettingKey(key, value, isList ? null : property.GetValue(defaults), property);
            }
        }
    }

    [GeneratedRegex(@"(?<=__)[0-9]+(?=__|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Index();
}
