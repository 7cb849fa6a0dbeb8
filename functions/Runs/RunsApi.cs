using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>The HTTP API of runs over many repositories.</summary>
/// <param name="runs">Where runs are kept.</param>
/// <param name="reader">Reads runs as they are.</param>
/// <param name="repeater">Repeats runs.</param>
/// <param name="time">The clock.</param>
public sealed class RunsApi(RunStore runs, RunReader reader, RunRepeater repeater, TimeProvider time)
{
    /// <summary>Runs, newest first, by pages, without their items.</summary>
    [Function("ListRunsApi")]
    [ApiOperation("Lists runs over many repositories, newest first, without their items.", Answer = typeof(RunRecordPage))]
    [ApiParameter("limit", "How many at most; 50 unless given.", Minimum = 1, Maximum = 200)]
    [ApiParameter("continuationToken", "Where the page before ended.")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "runs")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            RunRecordPage page = await runs.ListRunsAsync(
                ApiQuery.Limit(request), ApiQuery.Text(request, "continuationToken"), cancellationToken);
            RunRecord[] items = await Task.WhenAll(page.Items.Select(r => reader.AsItIsAsync(r, client, cancellationToken)));
            return ApiJson.Ok(page with { Items = items });
        });

    /// <summary>One run with its items; while it goes on, as far as it has come.</summary>
    [Function("GetRunApi")]
    [ApiOperation("One run with its repositories; while it goes on, as far as it has come.", Answer = typeof(RunView), Problems = [404])]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "runs/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            RunRecord run = await reader.ReadAsync(id, client, cancellationToken);
            IReadOnlyList<RunItem> items = await runs.GetItemsAsync(id, null, null, int.MaxValue, cancellationToken);
            if (run.FinishedAt is null)
            {
                request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            }

            RunProgress progress = run.FinishedAt is null
                ? await RunProgress.ReadAsync(client, id, cancellationToken)
                : new RunProgress(run.Errors, run.Warnings, []);
            return ApiJson.Ok(new RunView(
                run.Id, run.Status, run.StartedAt, run.FinishedAt, run.StartedBy, run.DueAt, run.Reason,
                run.Counts.Count > 0 ? run.Counts : RunSummary.Count(items),
                [.. items.Select(i => new RunItemView(
                    i.Appliance, i.Repository, i.State, RescanRequest.InstanceIdOf(i.Appliance, i.Repository.Id), i.RequestId, i.Joined,
                    i.Outcome, i.DurationSeconds, i.Found, i.Reason))],
                progress.Errors, progress.Warnings, progress.Troubles)
            {
                Appliances = run.Appliances,
                Filter = run.Filter,
                CanceledBy = run.CanceledBy,
                Repeats = run.Repeats,
                RepeatedBy = run.RepeatedBy,
                Retry = run.Retry,
                CanBeRepeated = run.Status != RunStatus.Running && new RunRepetition(run, items, false, true).Appliances.Count > 0,
            });
        });

    /// <summary>
    /// Cancels a run: starts no more rescans and cancels those that it started. One that has ended: the retry for which it waits.
    /// </summary>
    [Function("CancelRunApi")]
    [ApiOperation("Cancels a run: starts no more rescans, and cancels those that it started. Of an ended run, cancels the retry that is "
        + "due.", Answer = typeof(CancelingView), Status = 202, Problems = [404, 409])]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "runs/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async caller =>
        {
            Initiator by = caller.AsInitiator();
            if ((await reader.ReadAsync(id, client, cancellationToken)).Status != RunStatus.Running)
            {
                if (await repeater.CancelRetryAsync(client, id, time.GetUtcNow(), by, cancellationToken))
                {
                    return ApiJson.Ok(new CancelingView(id), StatusCodes.Status202Accepted);
                }

                throw new RequestRefusedException(StatusCodes.Status409Conflict, $"Run '{id}' has ended already.");
            }

            await client.RaiseEventAsync(
                id, RescanEvents.Cancel, new RescanCancel(caller.CancelReason()) { By = by }, cancellationToken);
            return ApiJson.Ok(new CancelingView(id), StatusCodes.Status202Accepted);
        });
}
