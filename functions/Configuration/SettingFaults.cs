using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescan.Functions.Display;

namespace Rescan.Functions.Configuration;

/// <summary>
/// What the binder of .NET passes over or stops at: keys that no options class reads, and values that cannot be read. A key is shown, a
/// value never.
/// </summary>
public static class SettingFaults
{
    private const string Prefix = "Rescan__";
    private const int MaxShown = 120;

    /// <summary>How many slips of the finger make a key outside the section one that was meant to be in it.</summary>
    private const int Slips = 2;

    /// <summary>A line a fault, which begins with the key.</summary>
    /// <param name="configuration">All settings, the environment included.</param>
    public static IReadOnlyList<string> Of(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return
        [
            .. configuration.AsEnumerable().Where(s => s.Value is not null)
                .Select(s => Of(s.Key.Replace(":", "__", StringComparison.Ordinal), s.Value!)).OfType<string>().Order(
                    StringComparer.Ordinal),
        ];
    }

    private static string? Of(string key, string value)
    {
        if (!key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Meant(key) is { } meant ? Unknown(key, meant) : null;
        }

        return SettingKeys.Find(key) is not { } setting ? Unknown(key, Nearest(key))
            : SettingForm.Readable(setting, value) is null && !SettingForm.IsUnset(setting, value)
                ? $"{key}: {SettingForm.Of(setting.Type).Expected}"
            : null;
    }

    private static string Unknown(string key, string? near) =>
        $"{SafeText.Line(key, MaxShown)}: no setting has this "
            + $"name{(near is null ? "; docs/settings.md lists them all" : $". Did you mean {near}?")}";

    /// <summary>
    /// The known key that is nearest by its letters, else one whose last name is the same: it may have been put in the wrong place.
    /// </summary>
    private static string? Nearest(string key)
    {
        string typed = SettingKeys.Normal(key)[Prefix.Length..];
        string last = typed.Split("__")[^1];
        string? near = NearestName.Of(typed, SettingKeys.All.Select(s => s.Key[Prefix.Length..]))
            ?? SettingKeys.All.Select(s => s.Key[Prefix.Length..]).FirstOrDefault(
                k => string.Equals(k.Split("__")[^1], last, StringComparison.OrdinalIgnoreCase));
        return near is null ? null : SettingKeys.WithIndexes(Prefix + near, key);
    }

    /// <summary>What a key outside the section was meant to be; null when it is somebody else's.</summary>
    private static string? Meant(string key)
    {
        // Variables of shells and of other programs are written in capitals; they are nobody's mistake.
        if (!key.Any(char.IsAsciiLetterLower) || !Near(key[..Math.Min(key.Length, Prefix.Length)], Prefix))
        {
            return null;
        }

        string normal = SettingKeys.Normal(key);
        string? meant = SettingKeys.All.Select(s => s.Key).Where(k => Near(normal, k))
            .OrderBy(k => NearestName.Mistakes(normal, k)).FirstOrDefault();
        return meant is null || string.Equals(meant, normal, StringComparison.OrdinalIgnoreCase)
            ? null
            : SettingKeys.WithIndexes(meant, key);
    }

    private static bool Near(string a, string b) => Math.Abs(a.Length - b.Length) <= Slips && NearestName.Mistakes(a, b) <= Slips;
}

/// <summary>Lets the faults stop the start with all others.</summary>
/// <param name="configuration">All settings.</param>
internal sealed class SettingFaultsValidator(IConfiguration configuration) : IValidateOptions<RescanOptions>
{
    public ValidateOptionsResult Validate(string? name, RescanOptions options) =>
        SettingFaults.Of(configuration) is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
