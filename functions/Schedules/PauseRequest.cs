using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Api;
using Rescan.Functions.Configuration;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;

namespace Rescan.Functions.Schedules;

/// <summary>The body of <c>POST /api/schedule/pause</c>.</summary>
/// <param name="Until">When the pause ends by itself: a time to come, with its distance from UTC, at most a year away.</param>
/// <param name="For">How long it lasts instead, such as 08:00:00 or 2.00:00:00.</param>
/// <param name="Schedule">The schedule's name; null: all of them.</param>
/// <param name="Reason">Why, for those who wonder later; null: not told.</param>
public sealed record PauseRequest(string? Until = null, string? For = null, string? Schedule = null, string? Reason = null)
{
    private const int MaxReason = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        MaxDepth = 4,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>When the pause ends, UTC.</summary>
    /// <exception cref="RequestRefusedException">Neither says when, or both do, or it is no time to come.</exception>
    internal DateTimeOffset EndsAt(DateTimeOffset now)
    {
        DateTimeOffset? end = (Until, For) switch
        {
            ({ } time, null) when Fits<DateTimeOffset>(time)
                && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out DateTimeOffset until) => until.ToUniversalTime(),
            (null, { } span) when Fits<TimeSpan>(span) => now + TimeSpan.Parse(span, CultureInfo.InvariantCulture),
            ({ }, null) => throw ApiQuery.Refuse($"until is {SettingForm.Of(typeof(DateTimeOffset)).Expected}."),
            (null, { }) => throw ApiQuery.Refuse($"for is {SettingForm.Of(typeof(TimeSpan)).Expected}."),
            _ => throw ApiQuery.Refuse("Give until, or for, and not both: a pause has an end."),
        };
        return end > now && end <= now + Longest
            ? end.Value
            : throw ApiQuery.Refuse(
                $"A pause ends in the time to come, at most {Longest.TotalDays:0} days from now, {DisplayFormat.Time(now)}.");
    }

    /// <exception cref="RequestRefusedException">The body is not of the form.</exception>
    internal static PauseRequest Read(ReadOnlySpan<byte> body)
    {
        try
        {
            PauseRequest request = JsonSerializer.Deserialize<PauseRequest>(body, Json) ?? new PauseRequest();
            string reason = SafeText.Line(request.Reason, MaxReason);
            return request with { Reason = string.IsNullOrWhiteSpace(reason) ? null : reason };
        }
        catch (JsonException e)
        {
            throw ApiQuery.Refuse(
                $"The body is not the JSON expected, at {e.Path ?? "$"}: an object with until or for, and where wanted with schedule and "
                    + "reason.");
        }
    }

    private static bool Fits<T>(string text) => SettingForm.Of(typeof(T)).Fits(text);
}
