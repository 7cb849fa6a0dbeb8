using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Rescan.Functions.Configuration;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>A setting as the docs tell it.</summary>
/// <param name="Key">Its key as an app setting; entries of lists stand for all by index 0.</param>
/// <param name="Default">What holds when it is not set; empty: nothing.</param>
/// <param name="Meaning">Its documentation.</param>
internal sealed record Setting(string Key, string Default, string Meaning);

/// <summary>What the options classes say of every setting.</summary>
internal static partial class SettingDocs
{
    private static readonly XDocument Documentation = XDocument.Load(Path.ChangeExtension(typeof(RescanOptions).Assembly.Location, ".xml"));

    public static IReadOnlyList<Setting> All { get; } = [
        .. SettingKeys.All.Select(k => new Setting(k.Key, Text(k.Default), MeaningOf(k.Property)))];

    /// <summary>The classes reached from those that are bound to a section of their own.</summary>
    public static IReadOnlyCollection<Type> Reached { get; } = [.. SettingKeys.Roots.SelectMany(Of).Distinct()];

    private static IEnumerable<Type> Of(Type type) => type.GetProperties()
        .Select(p => p.PropertyType.IsGenericType ? p.PropertyType.GetGenericArguments()[0] : p.PropertyType)
        .Where(t => t.IsClass && t.Assembly == type.Assembly).SelectMany(Of).Prepend(type);

    private static string Text(object? value) => value switch
    {
        null => "",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    public static string MeaningOf(PropertyInfo property)
    {
        string name = $"P:{property.DeclaringType!.FullName}.{property.Name}";
        XElement? summary = Documentation.Descendants("member")
            .SingleOrDefault(m => (string?)m.Attribute("name") == name)?.Element("summary");
        Assert.True(summary is not null, $"{name} has no documentation.");
        string text = string.Concat(summary.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see => $"`{((string)see.Attribute("cref")!).Split('.')[^1]}`",
            XElement other => $"`{other.Value}`",
            _ => n.ToString(SaveOptions.DisableFormatting),
        }));
        return Blanks().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
