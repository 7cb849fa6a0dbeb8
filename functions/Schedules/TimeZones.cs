using TimeZoneConverter;

namespace Rescan.Functions.Schedules;

/// <summary>
/// Time zones by their IANA and their Windows names, on every system. .NET itself knows the other system's names only with ICU, which an
/// app with invariant globalization has not; so a library with a table of its own does it.
/// </summary>
public static class TimeZones
{
    /// <summary>What a name of a zone is to be, for messages.</summary>
    public const string Expected = "a time zone known here, such as Europe/Berlin or W. Europe Standard Time";

    /// <summary>The zone of this machine by its IANA name; UTC when it has none.</summary>
    public static string Local => Find(TimeZoneInfo.Local.Id) is { } zone ? NameOf(zone) : NameOf(TimeZoneInfo.Utc);

    /// <summary>A zone; null when none has the name.</summary>
    public static TimeZoneInfo? Find(string name) => TZConvert.TryGetTimeZoneInfo(name, out TimeZoneInfo? zone) ? zone : null;

    /// <summary>The IANA name of a zone.</summary>
    public static string NameOf(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return zone.HasSameRules(TimeZoneInfo.Utc) ? "UTC" : TZConvert.TryWindowsToIana(zone.Id, out string? iana) ? iana : zone.Id;
    }

    /// <summary>The zone whose name is nearest to a mistyped one; null when none is near.</summary>
    internal static string? Nearest(string name) =>
        Display.NearestName.Of(name, TZConvert.KnownIanaTimeZoneNames.Concat(TZConvert.KnownWindowsTimeZoneIds));
}
