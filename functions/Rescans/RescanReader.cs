using System.Runtime.CompilerServices;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Durable;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>Reads rescans: running ones from the task hub, ended ones from the outcome store.</summary>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class RescanReader(OutcomeStore outcomes)
{
    private const string RunningMark = "r";
    private const string WaitingMark = "w";
    private const string EndedMark = "e";

    /// <summary>A page of rescans: those that run, those that wait for one of them, then ended ones, newest first.</summary>
    /// <param name="client">The durable client.</param>
    /// <param name="running">True: only those that run or wait; false: only ended ones; null: all.</param>
    /// <param name="query">Which, and how many.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="FormatException">The continuation token is invalid.</exception>
    public async Task<RescanPage> ListAsync(
        DurableTaskClient client, bool? running, OutcomeQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(query);
        (string mark, string? token) = ReadToken(query.ContinuationToken, running);
        List<RescanView> items = [];
        foreach (string under in (string[])[RunningMark, WaitingMark])
        {
            if (mark != under)
            {
                continue;
            }

            string prefix = under == RunningMark ? RescanRequest.InstanceIdPrefix : RescanRequest.WaitingIdPrefix;
            await using IAsyncEnumerator<Page<OrchestrationMetadata>> pages = InstancesOf(client, prefix, query.Appliance)
                .AsPages(token, query.Limit).GetAsyncEnumerator(cancellationToken);
            for (bool more = await BeginAsync(client, pages, token, cancellationToken); more; more = await pages.MoveNextAsync())
            {
                Page<OrchestrationMetadata> page = pages.Current;
                items.AddRange(page.Values.Select(Describe).Where(v => Fits(v, query)));
                if (items.Count >= query.Limit && page.ContinuationToken is { Length: > 0 } next)
                {
                    return new RescanPage(items, TokenOf(under, next));
                }
            }

            token = null;
            mark = under == RunningMark ? WaitingMark : EndedMark;
            if (mark == EndedMark && running == true)
            {
                return new RescanPage(items, null);
            }

            if (items.Count >= query.Limit)
            {
                return new RescanPage(items, TokenOf(mark, ""));
            }
        }

        OutcomePage ended = await outcomes.ListAsync(
            query with { Limit = query.Limit - items.Count, ContinuationToken = token }, cancellationToken);
        items.AddRange(ended.Items.Select(Describe));
        return new RescanPage(items, ended.ContinuationToken is { } rest ? TokenOf(EndedMark, rest) : null);
    }

    /// <summary>One rescan: the one that runs, else the newest; or the one of a request.</summary>
    /// <returns>Null when there is none.</returns>
    public async Task<RescanView?> GetAsync(DurableTaskClient client, string id, string? requestId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        OrchestrationMetadata? instance = await client.GetInstanceAsync(id, true, cancellationToken);
        if (instance is not null)
        {
            RescanView view = Describe(instance);
            if (instance.IsCompleted && view.RequestId is null && await NewestAsync(id, cancellationToken) is { } newest
                && newest.Outcome.FinishedAt >= instance.CreatedAt)
            {
                // Started by whoever gave it no request id; it made one up for itself.
                view = view with { RequestId = newest.RequestId };
            }

            if (requestId is null || requestId == view.RequestId)
            {
                return instance.IsCompleted && view.RequestId is { } own && await outcomes.GetAsync(own, cancellationToken) is { } outcome
                    ? Describe(new RecordedOutcome(own, outcome))
                    : view;
            }
        }

        if (requestId is not null)
        {
            string waiting = RescanRequest.WaitingIdOf(id);
            if (await client.GetRunningAsync(waiting, true, cancellationToken) is { } waits
                && RescanRequest.RequestIdOf(waits) == requestId)
            {
                return Describe(waits);
            }

            if (await outcomes.GetAsync(requestId, cancellationToken) is { } wanted)
            {
                return wanted.Id == id ? Describe(new RecordedOutcome(requestId, wanted)) : null;
            }

            // Its turn may have come between the two looks.
            return await client.GetRunningAsync(id, true, cancellationToken) is { } late && RescanRequest.RequestIdOf(late) == requestId
                ? Describe(late)
                : null;
        }

        return await NewestAsync(id, cancellationToken) is { } last ? Describe(last) : null;
    }

    /// <summary>
    /// Reads the first page. Hosts differ in what they throw for a token that is none of theirs: if they answer without it, it was the
    /// token.
    /// </summary>
    private static async Task<bool> BeginAsync(
        DurableTaskClient client, IAsyncEnumerator<Page<OrchestrationMetadata>> pages, string? token, CancellationToken cancellationToken)
    {
        try
        {
            return await pages.MoveNextAsync();
        }
        catch (Exception e) when (token is not null && !cancellationToken.IsCancellationRequested)
        {
            AsyncPageable<OrchestrationMetadata> all = InstancesOf(client, RescanRequest.InstanceIdPrefix, null);
            await foreach (Page<OrchestrationMetadata> _ in all.AsPages(null, 1).WithCancellation(cancellationToken))
            {
                break;
            }

            throw ContinuationToken.Invalid(e);
        }
    }

    private async Task<RecordedOutcome?> NewestAsync(string id, CancellationToken cancellationToken)
    {
        OutcomePage newest = await outcomes.ListAsync(new OutcomeQuery(InstanceId: id, Limit: 1), cancellationToken);
        return newest.Items.Count > 0 ? newest.Items[0] : null;
    }

    private static AsyncPageable<OrchestrationMetadata> InstancesOf(DurableTaskClient client, string prefix, string? appliance) =>
        client.GetAllInstancesAsync(new OrchestrationQuery(
        Statuses: DurableInstanceExtensions.RunningStatuses,
        InstanceIdPrefix: appliance is null ? prefix
            : prefix + RescanRequest.InstanceIdOf(appliance, "")[RescanRequest.InstanceIdPrefix.Length..],
        FetchInputsAndOutputs: true));

    private static bool Fits(RescanView view, OutcomeQuery query) =>
        (query.Appliance is null || string.Equals(query.Appliance, view.Appliance, StringComparison.OrdinalIgnoreCase))
        && (query.Repository is null
            || string.Equals(query.Repository, view.Repository.Id, StringComparison.OrdinalIgnoreCase)
            || string.Equals(query.Repository, view.Repository.Name, StringComparison.OrdinalIgnoreCase));

    private static string TokenOf(string mark, string rest) => ContinuationToken.Of(mark + rest);

    private static (string Mark, string? Position) ReadToken(string? token, bool? running)
    {
        if (token is null)
        {
            return (running == false ? EndedMark : RunningMark, null);
        }

        string text = ContinuationToken.Read(token);
        return text.Length > 0 && (text[..1], running) is (RunningMark or WaitingMark, not false) or (EndedMark, not true)
            ? (text[..1], text.Length > 1 ? text[1..] : null)
            : throw ContinuationToken.Invalid();
    }

    private static RescanView Describe(RecordedOutcome recorded)
    {
        RescanOutcome outcome = recorded.Outcome;
        return new RescanView(
            outcome.Id, recorded.RequestId, nameof(OrchestrationRuntimeStatus.Completed), RescanPhase.Ended, outcome.Appliance,
            outcome.Repository, outcome.SessionId, outcome.StartedAt, outcome.Log.Count > 0
                ? outcome.Log[^1].Message
                : null, outcome.Polls, null, null, outcome.Requests,
            outcome.Timeline, outcome with { Log = [] }, null)
        {
            StartedBy = outcome.StartedBy,
            CanceledBy = outcome.CanceledBy,
            Next = RescanAdvice.For(outcome.Outcome),
        };
    }

    private static RescanView Describe(OrchestrationMetadata instance)
    {
        RescanStatus? status = instance.ReadCustomStatusAs<RescanStatus>();
        RescanRequest? request = instance.ReadInputAs<RescanRequest>();
        bool waits = instance.InstanceId.StartsWith(RescanRequest.WaitingIdPrefix, StringComparison.Ordinal);
        string id = waits
            ? RescanRequest.InstanceIdPrefix + instance.InstanceId[RescanRequest.WaitingIdPrefix.Length..]
            : instance.InstanceId;
        return new RescanView(
            id, request?.RequestId ?? request?.State?.RequestId, instance.RuntimeStatus.ToString(), status?.Phase,
            request?.Appliance ?? "",
            request?.Repository ?? new RepositoryRef("", ""), status?.SessionId, request?.State?.StartedAt ?? instance.CreatedAt,
            status?.LastMessage, status?.Polls ?? 0,
            status?.NextPollAt, status?.Trouble, status?.Requests, status?.Timeline, null, instance.FailureDetails?.ErrorMessage)
        {
            ProgressPercent = status?.ProgressPercent,
            LookedOnUntil = status?.LookedOnUntil,
            StartedBy = request?.StartedBy,
            CanceledBy = status?.CanceledBy,
            Waits = waits && !instance.IsCompleted,
        };
    }
}
