using DurableTask.Core;
using Microsoft.DurableTask.Client;

namespace Rescan.Local.Runtime.Durable;

/// <summary>The statuses of instances, between the SDK and the engine.</summary>
internal static class Statuses
{
    /// <summary>Those of instances that have not ended.</summary>
    public static OrchestrationStatus[] Running { get; } =
        [OrchestrationStatus.Pending, OrchestrationStatus.Running, OrchestrationStatus.Suspended, OrchestrationStatus.ContinuedAsNew];

    /// <summary>Those of instances that have ended.</summary>
    public static OrchestrationStatus[] Terminal { get; } =
        [OrchestrationStatus.Completed, OrchestrationStatus.Failed, OrchestrationStatus.Terminated, OrchestrationStatus.Canceled];

    public static bool IsTerminal(OrchestrationStatus status) => Terminal.Contains(status);

    /// <summary>
    /// The statuses whose instances keep their id from a new start: what the caller names, and those that have not ended in any case.
    /// </summary>
    public static OrchestrationStatus[] Deduplicated(IReadOnlyCollection<string>? names) =>
        [.. Running, .. (names ?? []).Select(Enum.Parse<OrchestrationStatus>).Except(Running)];

    public static OrchestrationStatus ToCore(OrchestrationRuntimeStatus status) => Enum.Parse<OrchestrationStatus>(status.ToString());

    public static OrchestrationRuntimeStatus ToSdk(OrchestrationStatus status) => Enum.Parse<OrchestrationRuntimeStatus>(status.ToString());
}
