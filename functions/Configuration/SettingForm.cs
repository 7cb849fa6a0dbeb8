using System.Globalization;
using System.Text.RegularExpressions;

namespace Rescan.Functions.Configuration;

/// <summary>How the value of a setting is written.</summary>
/// <param name="Expected">What it is to be, for messages.</param>
/// <param name="Pattern">The regular expression that it fits; null where any text is read.</param>
public sealed record SettingForm(string Expected, string? Pattern)
{
    private const string NoAddress = "-";
    private const string Duration = @"^([0-9]{1,7}\.)?([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]{1,7})?)?$";
    private const string Whole = "^[0-9]{1,9}$";
    private const string Time =
        @"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
        + @"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$";

    private const string Number = @"^[0-9]{1,9}(\.[0-9]{1,9})?$";

    /// <summary>
    /// The form of a setting. Of durations it lets none through that is read otherwise than it is meant: .NET takes 24:00:00 and 24 for
    /// 24 days. Addresses are judged by those who know what they are for.
    /// </summary>
    public static SettingForm Of(Type type) =>
        type == typeof(string) ? new SettingForm("text", null)
        : type == typeof(Uri) ? new SettingForm("an address", null)
        : type == typeof(TimeSpan)
            ? new SettingForm("a duration of the form [days.]hours:minutes:seconds, such as 00:02:00 or 1.00:00:00", Duration)
        : type == typeof(DateTimeOffset)
            ? new SettingForm("a time with its distance from UTC, such as 2026-05-04T06:00:00Z or 2026-05-04T08:00:00+02:00", Time)
        : type == typeof(int) ? new SettingForm("a whole number, such as 4", Whole)
        : type == typeof(double) ? new SettingForm("a number, such as 5 or 0.5", Number)
        : throw new NotSupportedException($"Settings of the type {type.Name} are not read.");

    /// <summary>Whether a value can be read as this.</summary>
    public bool Fits(string value) => Pattern is null || Regex.IsMatch(value.Trim(), Pattern, RegexOptions.CultureInvariant);

    /// <summary>
    /// A value as the binder of .NET reads it; null where it reads none. Of an address that is none it makes one that every validator
    /// refuses.
    /// </summary>
    internal static string? Readable(SettingKey setting, string value) =>
        setting.Type == typeof(Uri) ? Uri.TryCreate(value, UriKind.RelativeOrAbsolute, out _) ? value : NoAddress
        : IsUnset(setting, value) || !Of(setting.Type).Fits(value) ? null

        // The pattern lets a 31st of February through.
        : setting.Type == typeof(DateTimeOffset) && !DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _) ? null
        : value;

    /// <summary>Whether a blank value means that the default holds, as it does of all but texts.</summary>
    internal static bool IsUnset(SettingKey setting, string value) => setting.Type != typeof(string) && string.IsNullOrWhiteSpace(value);
}
