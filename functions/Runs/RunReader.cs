using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>Reads runs as they are: what was written down, and what has become of their instances.</summary>
/// <param name="runs">Where runs are kept.</param>
public sealed class RunReader(RunStore runs)
{
    private const string IdForm = "run-…, as POST /api/rescans answers them";

    /// <summary>A run.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that id.</exception>
    public async Task<RunRecord> ReadAsync(string id, DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ApiQuery.CheckId(id, RunRequest.InstanceIdPrefix, IdForm);
        if (await runs.GetRunAsync(id, cancellationToken) is { } run)
        {
            return await AsItIsAsync(run, client, cancellationToken);
        }

        // One that was accepted only now has not been written down yet.
        return await client.GetInstanceAsync(id, false, cancellationToken) is { } instance
            ? new RunRecord
            {
                Id = id,
                Status = instance.IsCompleted ? RunStatus.Failed : RunStatus.Running,
                StartedAt = instance.CreatedAt,
                Reason = instance.FailureDetails?.ErrorMessage,
            }
            : throw new KeyNotFoundException($"No run has the id '{id}'.");
    }

    /// <summary>A run whose orchestration was ended by hand, or by a fault, could not write its own end down.</summary>
    public async Task<RunRecord> AsItIsAsync(RunRecord run, DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(client);
        if (run.FinishedAt is not null)
        {
            return run;
        }

        OrchestrationMetadata? instance = await client.GetInstanceAsync(run.Id, false, cancellationToken);
        if (instance is { IsCompleted: false })
        {
            return run;
        }

        return await runs.GetRunAsync(run.Id, cancellationToken) is { FinishedAt: not null } written
            ? written
            : run with
            {
                Status = RunStatus.Failed,
                FinishedAt = instance?.LastUpdatedAt,
                Reason = instance?.FailureDetails?.ErrorMessage ?? "The run was terminated or purged.",
            };
    }
}
