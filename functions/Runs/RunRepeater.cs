using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api;
using Rescan.Functions.Durable;
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
/// <param name="log">The log.</param>
public sealed class RunRepeater(RunReader reader, RunStore runs, RunStarter starter, ILogger<RunRepeater> log)
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
                string goesOn = $"Run '{id}' goes on. Repeat it when it has ended, or cancel it first.";
                throw new RequestRefusedException(StatusCodes.Status409Conflict, goesOn) { RetryAfter = AskAgainAfter };
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
            bool IsAsRead(RunRecord kept) => kept.RepeatedBy.Count == run.RepeatedBy.Count && kept.IsRetryDue == run.IsRetryDue;
            RunRecord? changed = await runs.ChangeRunAsync(
                id, r => IsAsRead(r) ? r with { RepeatedBy = [.. r.RepeatedBy, repeat] } : r, cancellationToken);
            if (changed?.RepeatedBy.Contains(repeat) == true)
            {
                AcceptedRescan started = await StartAsync(client, run, repeat, cancellationToken);
                if (run.IsRetryDue)
                {
                    await WakeAsync(client, id, cancellationToken);
                }

                return started;
            }
        }
    }

    /// <summary>Starts the retry for which a run waits, unless it was canceled or somebody has repeated the run meanwhile.</summary>
    /// <returns>The run that is retried, as kept; null when it is kept no more.</returns>
    internal async Task<RunRecord?> RetryAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        RunRecord? run = await runs.ChangeRunAsync(
            id,
            r => r.IsRetryDue
                ? r with { RepeatedBy = [new RunRepeat(IdOf(id, 0), r.Try + 1, false, new Initiator(InitiatorKind.Retry))] }
                : r,
            cancellationToken);
        if (run is { Retry.CanceledAt: null, RepeatedBy: [{ } first, ..] })
        {
            // Also when somebody else wrote it down: that one may have been cut off before the start.
            await StartAsync(client, run, first, cancellationToken);
        }

        return run;
    }

    /// <summary>Cancels the retry for which a run waits.</summary>
    /// <returns>Whether there was one to cancel.</returns>
    internal async Task<bool> CancelRetryAsync(
        DurableTaskClient client, string id, DateTimeOffset now, Initiator by, CancellationToken cancellationToken)
    {
        bool wasDue = false;
        await runs.ChangeRunAsync(
            id, r => (wasDue = r.IsRetryDue) ? r with { Retry = r.Retry! with { CanceledAt = now, CanceledBy = by } } : r,
            cancellationToken);
        if (!wasDue)
        {
            return false;
        }

        await WakeAsync(client, id, cancellationToken);
        return true;
    }

    /// <summary>Starts a repetition that the run tells of, unless it was started already.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="run">The run that is repeated.</param>
    /// <param name="repeat">Its repetition.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<AcceptedRescan> StartAsync(
        DurableTaskClient client, RunRecord run, RunRepeat repeat, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunItem> items = await runs.GetItemsAsync(run.Id, null, null, int.MaxValue, cancellationToken);

        // What was written down decides, not what is read of the instance.
        RunRecord kept = await runs.GetRunAsync(run.Id, cancellationToken) ?? run;
        return await starter.StartRepeatAsync(
            client, repeat.RunId, kept, [.. RunRepetition.Of(kept, items, repeat).Appliances], repeat with { RunId = run.Id },
            cancellationToken);
    }

    private static void CheckThatSomethingIsLeft(RunRecord run, IReadOnlyList<RunItem> items, RunRepeat repeat)
    {
        RunRepetition left = RunRepetition.Of(run, items, repeat);
        if (left.Appliances.Count > 0)
        {
            return;
        }

        throw Refuse(
            run.Status == RunStatus.Skipped
                ? $"Run '{run.Id}' was skipped, so there is nothing of it to repeat. Start a run by POST /api/rescans."
            : left.Canceled > 0
                ? $"Nothing failed in run '{run.Id}', but {left.Canceled} of it {Were(left.Canceled)} canceled. Repeat those too with "
                    + "?canceled=true."
            : items.Count == 0 ? $"Run '{run.Id}' took no repository, so there is nothing of it to repeat."
            : $"Nothing failed in run '{run.Id}': all of its repositories were rescanned.");
    }

    /// <summary>
    /// Whoever waits for the retry looks into the store then. Where there is nobody to wake, or the host refuses the event, the store is
    /// looked into when the retry is due.
    /// </summary>
    private async Task WakeAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        string wait = RunRetryOrchestration.InstanceIdOf(id);
        try
        {
            if (await client.GetRunningAsync(wait, false, cancellationToken) is not null)
            {
                await client.RaiseEventAsync(wait, RescanEvents.Cancel, "The retry was decided otherwise.", cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Hosts differ in what they throw for an instance that has ended meanwhile.
            log.LogWarning("The wait {InstanceId} could not be woken: {Reason}", wait, e.Message);
        }
    }

    private static string Were(int count) => count == 1 ? "was" : "were";

    private static RequestRefusedException Refuse(string reason) => new(StatusCodes.Status409Conflict, reason);

    /// <summary>The same for all that ask before one of them has started it.</summary>
    private static string IdOf(string id, int before) =>
        RunRequest.InstanceIdPrefix
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"repeat\n{id}\n{before}")).AsSpan(0, 16));

    /// <summary>Whether a repetition has not ended; one that was promised and not started yet has not.</summary>
    private async Task<bool> GoesOnAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        await runs.GetRunAsync(id, cancellationToken) is { } run
            ? (await reader.AsItIsAsync(run, client, cancellationToken)).Status == RunStatus.Running
            : await client.GetInstanceAsync(id, false, cancellationToken) is not { IsCompleted: true };
}
