using System.Text.Json.Serialization;

namespace Rescan.Functions.Runs;

/// <summary>Why a run starts no more rescans.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStopReason>))]
public enum RunStopReason
{
    /// <summary>It was canceled: the rescans that it started are canceled too.</summary>
    Canceled,

    /// <summary>Its deadline has passed: the rescans that it started go on by themselves.</summary>
    TimedOut,
}
