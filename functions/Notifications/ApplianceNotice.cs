using System.Text.Json.Serialization;

namespace Rescan.Functions.Notifications;

/// <summary>What happened to an appliance while a run goes on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApplianceEvent>))]
public enum ApplianceEvent
{
    /// <summary>It does not answer; the run waits for it.</summary>
    DoesNotAnswer,

    /// <summary>It answers and cannot be rescanned: its certificate, the account or its revision.</summary>
    Refuses,

    /// <summary>It answers again after somebody was told that it did not.</summary>
    AnswersAgain,
}

/// <summary>An appliance that somebody must look after while a run goes on.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Event">What happened.</param>
/// <param name="Since">Since when it had not answered, UTC.</param>
/// <param name="At">When this was noticed, UTC.</param>
/// <param name="Reason">What it was met with; null when it answers again.</param>
/// <param name="RunId">The run.</param>
public sealed record ApplianceNotice(
    string Appliance, ApplianceEvent Event, DateTimeOffset Since, DateTimeOffset At, string? Reason, string RunId);
