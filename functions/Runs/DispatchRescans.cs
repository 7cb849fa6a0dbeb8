using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Durable;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>One appliance's part of a run.</summary>
/// <param name="PartitionId">The instance id of the appliance's part of the run; rescans tell it their end.</param>
/// <param name="RunId">The run.</param>
/// <param name="Appliance">The appliance.</param>
/// <param name="Deadline">How long each rescan may take.</param>
/// <param name="Polling">When to poll.</param>
/// <param name="Stop">Why no more rescans are started; null while they are.</param>
/// <param name="Ended">Rescans that told their end since the last step.</param>
/// <param name="LookAtAll">Whether to look at every rescan in flight: one may have ended without a word.</param>
public sealed record DispatchRescansInput(
    string PartitionId, string RunId, RunAppliance Appliance, TimeSpan Deadline, PollingOptions Polling, RunStopReason? Stop,
    IReadOnlyList<RescanEnded> Ended, bool LookAtAll);

/// <summary>How far an appliance's part of a run is.</summary>
/// <param name="Running">Its rescans in flight.</param>
/// <param name="HasWaiting">Whether repositories still wait for their turn.</param>
public sealed record DispatchProgress(int Running, bool HasWaiting)
{
    /// <summary>What keeps the appliance from answering all rescans in flight; null when it answers some.</summary>
    public string? Trouble { get; init; }
}

/// <summary>
/// Takes an appliance's part of a run one step further: writes down which rescans have ended, and starts or joins as many as the appliance
/// may run at once. All it goes by stands in the stores, so it may be cut off anywhere and run again.
/// </summary>
/// <param name="runs">Where runs are kept.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="appliances">The configured appliances.</param>
/// <param name="instances">The instances of rescans.</param>
/// <param name="gates">Keeps two runs of this process from filling one appliance at the same time.</param>
/// <param name="log">The log.</param>
public sealed class DispatchRescans(
    RunStore runs, OutcomeStore outcomes, IApplianceClients appliances, RescanInstances instances, KeyedLock gates,
    ILogger<DispatchRescans> log)
{
    private const int LooksAtOnce = 8;
    private const int LooksForTrouble = 3;
    private const int MaxFound = 300;

    /// <summary>Dispatches.</summary>
    /// <param name="input">The part of the run.</param>
    /// <param name="client">The durable client.</param>
    /// <param name="cancellationToken">Ends with the host.</param>
    [Function(nameof(DispatchRescans))]
    public async Task<DispatchProgress> RunAsync(
        [ActivityTrigger] DispatchRescansInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(client);
        using IDisposable gate = await gates.EnterAsync($"run on {input.Appliance.Name}", cancellationToken);
        int running = await CollectAsync(input, client, cancellationToken);
        string? trouble = await TroubleAsync(input, client, cancellationToken);
        if (input.Stop is { } stop)
        {
            IReadOnlyList<RunItem> never = await ItemsAsync(input, RunItemState.Waiting, int.MaxValue, cancellationToken);
            await runs.UpdateItemsAsync(input.RunId, [.. never.Select(i => NeverStarted(i, stop))], cancellationToken);
            return new DispatchProgress(running, false) { Trouble = trouble };
        }

        // As many again are read as may start, since some can be joined, which adds nothing to the appliance's load.
        int limit = input.Appliance.MaxConcurrentRescans;
        IReadOnlyList<RunItem> waiting = await ItemsAsync(input, RunItemState.Waiting, (2 * limit) + 1, cancellationToken);
        int taken = 0;
        if (waiting.Count > 0)
        {
            HashSet<string> busy = await BusyAsync(client, input.Appliance.Name, cancellationToken);
            foreach (RunItem item in waiting)
            {
                string id = IdOf(item);
                if (running >= limit || (busy.Count >= limit && !busy.Contains(id)))
                {
                    continue;
                }

                RunItem next = await StartAsync(input, item, id, client, cancellationToken);
                await runs.UpdateItemsAsync(input.RunId, [next], cancellationToken);
                if (next.State == RunItemState.Waiting)
                {
                    continue;
                }

                taken++;
                if (next.State == RunItemState.Running)
                {
                    running++;
                    busy.Add(id);
                }
            }
        }

        return new DispatchProgress(running, waiting.Count > taken) { Trouble = trouble };
    }

    private static string IdOf(RunItem item) => RescanRequest.InstanceIdOf(item.Appliance, item.Repository.Id);

    private static Initiator ByRun(string runId) => new(InitiatorKind.Run, runId);

    private static RunItem NeverStarted(RunItem item, RunStopReason stop) => item with
    {
        State = RunItemState.Ended,
        Outcome = stop == RunStopReason.Canceled ? Outcome.Canceled : Outcome.TimedOut,
        Reason = stop == RunStopReason.Canceled
            ? "The run was canceled before this rescan's turn." : "The run's deadline passed before this rescan's turn.",
    };

    private static RunItem Recorded(RunItem item, RescanOutcome outcome) => item with
    {
        State = RunItemState.Ended,
        Outcome = outcome.Outcome,
        DurationSeconds = outcome.DurationSeconds,
        Found = outcome.Log.Count == 0 ? null : outcome.Log[^1].Message is { Length: > MaxFound } message
            ? message[..MaxFound] + "…" : outcome.Log[^1].Message,
        Reason = outcome.Reason,
    };

    private Task<IReadOnlyList<RunItem>> ItemsAsync(
        DispatchRescansInput input, RunItemState state, int limit, CancellationToken cancellationToken) =>
        runs.GetItemsAsync(input.RunId, input.Appliance.Name, state, limit, cancellationToken);

    /// <summary>A few of the rescans in flight are enough: an appliance that is down answers none.</summary>
    private async Task<string?> TroubleAsync(DispatchRescansInput input, DurableTaskClient client, CancellationToken cancellationToken)
    {
        string? trouble = null;
        foreach (RunItem item in await ItemsAsync(input, RunItemState.Running, LooksForTrouble, cancellationToken))
        {
            OrchestrationMetadata? instance = await client.GetInstanceAsync(IdOf(item), true, cancellationToken);
            trouble = instance is { IsCompleted: false } ? instance.ReadCustomStatusAs<RescanStatus>()?.Trouble : null;
            if (trouble is null)
            {
                return null;
            }
        }

        return trouble;
    }

    /// <summary>Writes down what has ended; once the run stops, also what it waits for no more.</summary>
    /// <returns>Rescans still in flight.</returns>
    private async Task<int> CollectAsync(DispatchRescansInput input, DurableTaskClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunItem> running = await ItemsAsync(input, RunItemState.Running, int.MaxValue, cancellationToken);
        Dictionary<string, string> told = input.Ended.GroupBy(e => e.InstanceId, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Last().RequestId, StringComparer.Ordinal);
        RunItem[] looked = input.LookAtAll ? [.. running] : [.. running.Where(i => told.ContainsKey(IdOf(i)))];
        RunItem[] now = new RunItem[looked.Length];
        ParallelOptions some = new() { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, looked.Length, some, async (i, cancel) =>
        {
            bool isTold = told.GetValueOrDefault(IdOf(looked[i])) == looked[i].RequestId;
            now[i] = isTold && await outcomes.GetAsync(looked[i].RequestId, cancel) is { } outcome
                ? Recorded(looked[i], outcome)
                : await LookAsync(looked[i], input.RunId, input.Stop, client, cancel);
        });
        RunItem[] ended = [.. now.Where(i => i.State == RunItemState.Ended)];
        await runs.UpdateItemsAsync(input.RunId, ended, cancellationToken);
        return running.Count - ended.Length;
    }

    private async Task<RunItem> LookAsync(
        RunItem item, string runId, RunStopReason? stop, DurableTaskClient client, CancellationToken cancellationToken)
    {
        string id = IdOf(item);
        OrchestrationMetadata? instance = await client.GetInstanceAsync(id, true, cancellationToken);
        bool runs = instance is { IsCompleted: false } && RescanRequest.RequestIdOf(instance) == item.RequestId;

        // Read after the instance, so that an instance which has ended has its outcome here already. One that runs tells its end itself.
        if ((!runs || stop is not null) && await outcomes.GetAsync(item.RequestId, cancellationToken) is { } outcome)
        {
            return Recorded(item, outcome);
        }

        if (!runs && await RescanInstances.FindAsync(client, item.Appliance, item.Repository.Id, item.RequestId, cancellationToken) is null)
        {
            if (await outcomes.GetAsync(item.RequestId, cancellationToken) is { } late)
            {
                return Recorded(item, late);
            }

            return item with
            {
                State = RunItemState.Ended,
                Reason = instance?.FailureDetails?.ErrorMessage ?? "The rescan ended without an outcome: it was terminated or purged."
            };
        }

        if (stop == RunStopReason.TimedOut)
        {
            return item with
            {
                State = RunItemState.Ended,
                Outcome = Outcome.TimedOut,
                Reason = "The run's deadline passed; this rescan goes on by itself."
            };
        }

        if (stop == RunStopReason.Canceled)
        {
            if (item.Joined)
            {
                return item with
                {
                    State = RunItemState.Ended,
                    Reason = "The run was canceled; this rescan was asked for otherwise and goes on."
                };
            }

            await instances.CancelAsync(
                client, item.Appliance, item.Repository.Id, item.RequestId, "Canceled with its run.", ByRun(runId), cancellationToken);
        }

        return item;
    }

    private async Task<RunItem> StartAsync(
        DispatchRescansInput input, RunItem item, string id, DurableTaskClient client, CancellationToken cancellationToken)
    {
        // What an earlier try of this very step started must not be started again, though it has ended meanwhile.
        OrchestrationMetadata? before = await client.GetInstanceAsync(id, true, cancellationToken);
        if ((before is not null && RescanRequest.RequestIdOf(before) == item.RequestId)
            || await outcomes.GetAsync(item.RequestId, cancellationToken) is not null)
        {
            return item with { State = RunItemState.Running };
        }

        try
        {
            RescanRequest request = new(item.Appliance, item.Repository, input.Deadline, input.Polling)
            {
                RequestId = item.RequestId,
                StartedBy = ByRun(input.RunId),
                Watchers = [input.PartitionId],
            };
            AcceptedRescan accepted = await instances.StartOrJoinAsync(client, request, cancellationToken);
            return item with { State = RunItemState.Running, Joined = accepted.Joined, RequestId = accepted.RequestId ?? item.RequestId };
        }
        catch (RescanBusyException)
        {
            // Its turn comes with the next step.
            return item;
        }
        catch (ArgumentException e)
        {
            log.LogError(
                "The rescan of repository {Repository} on appliance {Appliance} could not be started: {Reason}", item.Repository.Name,
                item.Appliance, e.Message);
            return item with { State = RunItemState.Ended, Reason = $"The rescan could not be started: {e.Message}" };
        }
    }

    /// <summary>Rescans of the appliance that run, whoever started them: all of them load it.</summary>
    private async Task<HashSet<string>> BusyAsync(DurableTaskClient client, string appliance, CancellationToken cancellationToken)
    {
        string prefix = RescanRequest.InstanceIdOf(appliance, "");
        string[] longer = [
            .. appliances.Names.Select(n => RescanRequest.InstanceIdOf(n, ""))
            .Where(p => p.Length > prefix.Length && p.StartsWith(prefix, StringComparison.Ordinal))];
        IReadOnlySet<string> ids = await client.GetRunningIdsAsync(prefix, cancellationToken);
        return [.. ids.Where(id => !longer.Any(p => id.StartsWith(p, StringComparison.Ordinal)))];
    }
}
