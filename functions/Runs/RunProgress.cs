using Microsoft.DurableTask.Client;

namespace Rescan.Functions.Runs;

/// <summary>
/// What the appliances' parts of a run that goes on have met so far: an operator need not wait for the run's end to learn it.
/// </summary>
/// <param name="Errors">Appliances that the run goes on without, each with its reason.</param>
/// <param name="Warnings">What the selection of repositories warns of.</param>
/// <param name="Troubles">Appliances that the run waits for.</param>
internal sealed record RunProgress(
    IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, IReadOnlyList<ApplianceTroubleView> Troubles)
{
    public static async Task<RunProgress> ReadAsync(DurableTaskClient client, string runId, CancellationToken cancellationToken)
    {
        RunRequest? request = (await client.GetInstanceAsync(runId, true, cancellationToken))?.ReadInputAs<RunRequest>();
        List<string> errors = [];
        List<string> warnings = [];
        List<ApplianceTroubleView> troubles = [];
        foreach (RunAppliance appliance in request?.Appliances ?? [])
        {
            string id = RunRequest.PartitionIdOf(runId, appliance.Name);
            if (await client.GetInstanceAsync(id, true, cancellationToken) is not { } partition)
            {
                continue;
            }

            PartitionEnd? end = partition.RuntimeStatus == OrchestrationRuntimeStatus.Completed
                ? partition.ReadOutputAs<PartitionEnd>() : null;
            if (end?.Error is { } error)
            {
                errors.Add(error);
            }
            else if (partition.FailureDetails is { } failure)
            {
                errors.Add($"{appliance.Name}: {failure.ErrorMessage}");
            }

            SelectedRepositories? selected = end?.Selected ?? partition.ReadInputAs<AppliancePartition>()?.Selected;
            warnings.AddRange(selected?.Warnings ?? []);
            if (!partition.IsCompleted && partition.ReadCustomStatusAs<PartitionTrouble>() is { } trouble)
            {
                troubles.Add(
                    new ApplianceTroubleView(appliance.Name, trouble.Trouble, trouble.Since, trouble.NextTryAt, trouble.GivesUpAt));
            }
        }

        return new RunProgress(errors, warnings, troubles);
    }
}
