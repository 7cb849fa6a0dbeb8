using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>
/// Repeats what was not rescanned in a run. The run that is repeated is written first, with the id of the new one: of several that ask at
/// once, and of one that asks again after a crash, all start that one run.
/// </summary>
/// <param name="reader">Reads runs.</param>
/// <param name="runs">Where runs are kept.</param>
/// <param name="starter">Starts runs.</param>
public sealed class RunRepeater(RunReader reader, RunStore runs, RunStarter starter)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Starts the repetition, or joins the one that goes on.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="id">The run that is repeated.</param>
    /// <param name="withCanceled">Whether canceled rescans are taken too.</param>
    /// <param name="seed">Becomes the new run's id, so that the same request coming again starts nothing more; null: a new request.</param>
    /// <param name="startedBy">Who or what asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestRefusedException">The run goes on, or nothing of it is left to do.</exception>
    public async Task<AcceptedRescan> RepeatAsync(
        DurableTaskClient client, string id, bool withCanceled, string? seed, Initiator startedBy, CancellationToken cancellationToken)
    {
        while (true)
        {
            RunRecord run = await reader.ReadAsync(id, client, cancellationToken);
            if (run.Status == RunStatus.Running)
            {
                throw new RequestRefusedException(StatusCodes.Status409Conflict, $"Run '{id}' goes on. Repeat it when it has ended, or cancel it first.")
                {
                    RetryAfter = AskAgainAfter,
                };
            }

            string? wanted = seed is null ? null : RunRequest.InstanceIdPrefix + seed;
            RunRepeat? last = run.RepeatedBy.FirstOrDefault(r => r.RunId == wanted) ?? run.RepeatedBy.LastOrDefault();
            if (last is not null && (last.RunId == wanted || await GoesOnAsync(client, last.RunId, cancellationToken)))
            {
                return await StartAsync(client, run, last, cancellationToken);
            }

            IReadOnlyList<RunItem> items = await runs.GetItemsAsync(id, null, null, int.MaxValue, cancellationToken);
            RunRepeat repeat = new(wanted ?? IdOf(id, run.RepeatedBy.Count), run.IsRetryDue ? run.Try + 1 : 1, withCanceled, startedBy);
            CheckThatSomethingIsLeft(run, items, repeat);
            RunRecord? changed = await runs.ChangeRunAsync(
                id, r => r.RepeatedBy.Count == run.RepeatedBy.Count ? r with { RepeatedBy = [.. r.RepeatedBy, repeat] } : r, cancellationToken);
            if (changed?.RepeatedBy.Contains(repeat) == true)
            {
                return await StartAsync(client, run, repeat, cancellationToken);
            }
        }
    }

    /// <summary>Starts a repetition that the run tells of, unless it was started already.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="run">The run that is repeated.</param>
    /// <param name="repeat">Its repetition.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<AcceptedRescan> StartAsync(DurableTaskClient client, RunRecord run, RunRepeat repeat, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunItem> items = await runs.GetItemsAsync(run.Id, null, null, int.MaxValue, cancellationToken);

        // What was written down decides, not what is read of the instance.
        RunRecord kept = await runs.GetRunAsync(run.Id, cancellationToken) ?? run;
        return await starter.StartRepeatAsync(
            client, repeat.RunId, kept, [.. RunRepetition.Of(kept, items, repeat).Appliances], repeat with { RunId = run.Id }, cancellationToken);
    }

    private static void CheckThatSomethingIsLeft(RunRecord run, IReadOnlyList<RunItem> items, RunRepeat repeat)
    {
        RunRepetition left = RunRepetition.Of(run, items, repeat);
        if (left.Appliances.Count > 0)
        {
            return;
        }

        throw Refuse(
            run.Status == RunStatus.Skipped ? $"Run '{run.Id}' was skipped, so there is nothing of it to repeat. Start a run by POST /api/rescans."
            : left.Canceled > 0 ? $"Nothing failed in run '{run.Id}', but {left.Canceled} of it canceled. Repeat those too with ?canceled=true."
            : items.Count == 0 ? $"Run '{run.Id}' took no repository, so there is nothing of it to repeat."
            : $"Nothing failed in run '{run.Id}': all of its repositories were rescanned.");
    }

    private static RequestRefusedException Refuse(string reason) => new(StatusCodes.Status409Conflict, reason);

    /// <summary>The same for all that ask before one of them has started it.</summary>
    private static string IdOf(string id, int before) =>
        RunRequest.InstanceIdPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"repeat\n{id}\n{before}")).AsSpan(0, 16));

    /// <summary>Whether a repetition has not ended; one that was written down and not started yet has not.</summary>
    private async Task<bool> GoesOnAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, false, cancellationToken) is { } instance
            ? !instance.IsCompleted
            : await runs.GetRunAsync(id, cancellationToken) is null;
}
