using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The HTTP API of rescans.</summary>
/// <param name="starter">Starts and joins rescans.</param>
/// <param name="reader">Reads rescans.</param>
/// <param name="instances">The instances of rescans.</param>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
/// <param name="idempotency">Handles a request once, however often it comes.</param>
/// <param name="time">The clock.</param>
public sealed class RescanApi(
    RescanStarter starter, RescanReader reader, RescanInstances instances, IApplianceClients appliances, OutcomeStore outcomes,
    IdempotencyHandler idempotency, TimeProvider time)
{
    /// <summary>Seconds; Azure's front end hangs up after 230.</summary>
    private const int LongestWait = 230;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How often one who waits says so to the rescan.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <summary>Starts a rescan, or joins the one that runs; starts a run when a filter or an appliance alone is given.</summary>
    [Function("StartRescanApi")]
    [ApiOperation("Starts a rescan, or joins the one that runs; starts a run over many when a filter, or an appliance alone, is given.",
        Body = typeof(StartRescanRequest), Answer = typeof(AcceptedView), Status = 202, Problems = [404, 409, 413, 415, 422, 502, 503])]
    [ApiParameter(ApiQuery.IdempotencyHeader, "Makes the call safe to repeat for a day: the first answer is given again.", In = "header")]
    public Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "rescans")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async caller =>
        {
            if (!request.HasJsonContentType())
            {
                throw new RequestRefusedException(StatusCodes.Status415UnsupportedMediaType, "Send the body as application/json.");
            }

            byte[] body = await RequestReader.ReadBodyAsync(request, cancellationToken);
            StoredResponse answer;
            if (ApiQuery.IdempotencyKey(request) is { } key)
            {
                (answer, bool replayed) = await idempotency.HandleAsync(
                    "api " + key, ApiQuery.IdempotencyHeader, body,
                    seed => AcceptAsync(caller, body, seed, client, cancellationToken), cancellationToken);
                request.HttpContext.Response.Headers["Idempotency-Replayed"] = replayed ? "true" : "false";
            }
            else
            {
                answer = await AcceptAsync(caller, body, null, client, cancellationToken);
            }

            request.HttpContext.Response.Headers.Location = answer.Location;
            request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            return Results.Text(answer.Json, MediaTypeNames.Application.Json, statusCode: answer.Status);
        });

    /// <summary>Rescans that run or wait, then ended ones, newest first, by pages.</summary>
    [Function("ListRescansApi")]
    [ApiOperation(
        "Lists rescans: those that run, those that wait for one of them to end, then ended ones, newest first.",
        Answer = typeof(RescanPage))]
    [ApiParameter("state", "Only those that run or wait, or only ended ones.", Values = "running ended")]
    [ApiParameter("appliance", "Only those of this appliance.")]
    [ApiParameter("repository", "Only those of this repository, by name or id.")]
    [ApiParameter("limit", "How many at most; 50 unless given.", Minimum = 1, Maximum = 200)]
    [ApiParameter("continuationToken", "Where the page before ended.")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "rescans")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            bool? running = ApiQuery.Text(request, "state") switch
            {
                null => null,
                "running" => true,
                "ended" => false,
                _ => throw ApiQuery.Refuse("state is running or ended."),
            };
            OutcomeQuery query = new(
                ApiQuery.Text(request, "appliance"), ApiQuery.Text(request, "repository"), Limit: ApiQuery.Limit(request),
                ContinuationToken: ApiQuery.Text(request, "continuationToken"));
            return ApiJson.Ok(await reader.ListAsync(client, running, query, cancellationToken));
        });

    /// <summary>One rescan: the one that runs, else the newest.</summary>
    [Function("GetRescanApi")]
    [ApiOperation("One rescan.", Answer = typeof(RescanView), Problems = [404])]
    [ApiParameter("requestId", "The rescan of this request; the one that runs, else the newest, unless given.")]
    [ApiParameter("look", "true: somebody looks on. The session is polled every few seconds for half a minute, as it is during wait.",
        Values = "true false")]
    [ApiParameter("wait", "Seconds to wait for its end; the answer comes earlier when it ends earlier.", Maximum = LongestWait)]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            int wait = ApiQuery.Number(request, "wait", 0, LongestWait, otherwise: 0);
            bool looks = ApiQuery.Flag(request, "look");
            RescanView rescan = await ReadAsync(request, client, id, cancellationToken);
            if (looks)
            {
                await instances.LookAsync(client, rescan.Id, rescan.Phase, rescan.LookedOnUntil, cancellationToken);
            }

            if (wait > 0 && IsUnderWay(rescan))
            {
                // Where too many wait already, the answer is what there is.
                IWaitLimit? limit = request.HttpContext.Features.Get<IWaitLimit>();
                using IDisposable? place = limit?.TryEnter();
                if (limit is null || place is not null)
                {
                    rescan = await WaitAsync(client, rescan, TimeSpan.FromSeconds(wait), cancellationToken);
                }
            }

            if (IsUnderWay(rescan))
            {
                request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            }

            return ApiJson.Ok(rescan);
        });

    /// <summary>The session's log: from the appliance while it runs, from the outcome afterwards.</summary>
    [Function("GetRescanLogApi")]
    [ApiOperation("The log of a rescan's session: from the appliance while it runs, from the outcome afterwards.",
        Answer = typeof(RescanLogView), Problems = [404, 502, 503])]
    [ApiParameter("requestId", "The rescan of this request; the one that runs, else the newest, unless given.")]
    [ApiParameter("look", "true: somebody looks on. The session is polled every few seconds for half a minute.", Values = "true false")]
    public Task<IResult> GetLogAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "rescans/{id}/log")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            bool looks = ApiQuery.Flag(request, "look");
            RescanView rescan = await ReadAsync(request, client, id, cancellationToken);
            if (looks)
            {
                await instances.LookAsync(client, rescan.Id, rescan.Phase, rescan.LookedOnUntil, cancellationToken);
            }

            IReadOnlyList<SessionLogItem> log = [];
            if (rescan.Outcome is not null)
            {
                log = (await outcomes.GetAsync(rescan.RequestId!, cancellationToken))!.Log;
            }
            else if (IsUnderWay(rescan) && rescan.SessionId is { } session)
            {
                log = await appliances.Get(rescan.Appliance).GetSessionLogAsync(session, cancellationToken);
            }

            return ApiJson.Ok(new RescanLogView(id, rescan.RequestId, log));
        });

    /// <summary>Cancels a rescan and stops its session on the appliance.</summary>
    [Function("CancelRescanApi")]
    [ApiOperation("Cancels a rescan and stops its session on the appliance.", Answer = typeof(CancelingView), Status = 202,
        Problems = [404, 409])]
    [ApiParameter("requestId", "The rescan of this request; the one that runs, else the newest, unless given.")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async caller =>
        {
            RescanView rescan = await ReadAsync(request, client, id, cancellationToken);
            if (!IsUnderWay(rescan))
            {
                throw new RequestRefusedException(StatusCodes.Status409Conflict, $"Rescan '{id}' has ended already.");
            }

            await instances.CancelAsync(
                client, rescan.Appliance, rescan.Repository.Id, rescan.RequestId, caller.CancelReason(),
                caller.AsInitiator(), cancellationToken);
            return ApiJson.Ok(new CancelingView(id), StatusCodes.Status202Accepted);
        });

    private static bool IsUnderWay(RescanView rescan) =>
        rescan.Status is nameof(OrchestrationRuntimeStatus.Pending) or nameof(OrchestrationRuntimeStatus.Running) or nameof(
            OrchestrationRuntimeStatus.Suspended);

    private async Task<RescanView> ReadAsync(HttpRequest request, DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        ApiQuery.CheckId(id, RescanRequest.InstanceIdPrefix, "rescan-APPLIANCE-REPOSITORYID");
        string? requestId = ApiQuery.Id(request, "requestId");
        return await reader.GetAsync(client, id, requestId, cancellationToken)
            ?? throw new KeyNotFoundException(
                requestId is null ? $"No rescan has the id '{id}'." : $"No rescan has the id '{id}' and that requestId.");
    }

    /// <summary>Waits for the end of this very rescan, also when it has to wait for another of the repository before it runs.</summary>
    private async Task<RescanView> WaitAsync(
        DurableTaskClient client, RescanView rescan, TimeSpan wait, CancellationToken cancellationToken)
    {
        DateTimeOffset until = time.GetUtcNow() + wait;
        for (TimeSpan left; IsUnderWay(rescan) && (left = until - time.GetUtcNow()) > TimeSpan.Zero;)
        {
            await instances.LookAsync(client, rescan.Id, rescan.Phase, rescan.LookedOnUntil, cancellationToken);
            await WaitForInstanceAsync(client, rescan.Id, left < LookEvery ? left : LookEvery, cancellationToken);
            if (await reader.GetAsync(client, rescan.Id, rescan.RequestId, cancellationToken) is not { } now)
            {
                break;
            }

            rescan = now;
            if (IsUnderWay(rescan))
            {
                // What ended, if anything did, was the one before it.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }

        return rescan;
    }

    private async Task WaitForInstanceAsync(DurableTaskClient client, string id, TimeSpan wait, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(wait, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await client.WaitForInstanceCompletionAsync(id, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer tells that it still runs.
        }
    }

    private async Task<StoredResponse> AcceptAsync(
        Caller caller, byte[] body, string? seed, DurableTaskClient client, CancellationToken cancellationToken)
    {
        StartRescanRequest wish = StartRescanRequest.Read(body) with { StartedBy = caller.AsInitiator() };
        AcceptedView accepted;
        if (wish is { Appliance: { } name, Repository: { } wanted })
        {
            string appliance = appliances.Get(name).Name;
            Repository repository = await starter.FindAsync(appliance, wanted, cancellationToken);
            AcceptedRescan started = await starter.StartAsync(client, appliance, repository, seed, cancellationToken, wish.StartedBy);
            string self = "/api/rescans/" + Uri.EscapeDataString(started.Id);
            accepted = new AcceptedView(
                started.Id, started.RequestId, appliance, new RepositoryRef(repository.Id, repository.Name), started.Joined,
                new AcceptedLinks(self, self + "/log"))
            { Waits = started.Waits };
        }
        else
        {
            AcceptedRescan run = (await starter.StartAsync(client, wish, seed, cancellationToken))[0];
            accepted = new AcceptedView(
                run.Id, null, wish.Appliance, null, run.Joined, new AcceptedLinks("/api/runs/" + Uri.EscapeDataString(run.Id), null));
        }

        return new StoredResponse(StatusCodes.Status202Accepted, JsonSerializer.Serialize(accepted, ApiJson.Options), accepted.Links.Self);
    }
}
