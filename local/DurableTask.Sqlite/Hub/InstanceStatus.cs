using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>What a status means.</summary>
internal static class InstanceStatus
{
    /// <summary>An instance of one of these has its id to itself, unless the caller says otherwise.</summary>
    public static readonly OrchestrationStatus[] Live =
        [OrchestrationStatus.Running, OrchestrationStatus.ContinuedAsNew, OrchestrationStatus.Pending, OrchestrationStatus.Suspended];

    public static bool IsOpen(int status) => IsOpen((OrchestrationStatus)status);

    public static bool IsOpen(OrchestrationStatus status) => status is OrchestrationStatus.Running or OrchestrationStatus.ContinuedAsNew
        or OrchestrationStatus.Pending or OrchestrationStatus.Suspended;
}
