using System.Text.Json.Serialization;

namespace Rescan.Functions.Api.Callers;

/// <summary>What a caller of the HTTP API may do; each role includes those before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallerRole>))]
public enum CallerRole
{
    /// <summary>Nothing: signed in, but given no role.</summary>
    None,

    /// <summary>Look at rescans, runs, logs, repositories and schedules.</summary>
    Viewer,

    /// <summary>Start, cancel and repeat rescans and runs, and pause the schedules.</summary>
    Operator,
}
