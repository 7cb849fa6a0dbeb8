using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Triggers.Views;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>The HTTP API of rescans.</summary>
/// <param name="starter">Starts and joins rescans.</param>
/// <param name="reader">Reads rescans.</param>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class RescanApi(RescanStarter starter, RescanReader reader, IApplianceClients appliances, IOutcomeStore outcomes)
{
    /// <summary>Starts a rescan, or joins the one that runs; starts a run when a filter or an appliance alone is given.</summary>
    [Function("StartRescanApi")]
    public Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "rescans")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            if (!request.HasJsonContentType())
            {
                return ApiJson.Problem(StatusCodes.Status415UnsupportedMediaType, "Send the body as application/json.");
            }

            RescanHookRequest wish = RescanHookRequest.Read(await HookRequest.ReadBodyAsync(request, cancellationToken).ConfigureAwait(false));
            AcceptedView accepted = await AcceptAsync(wish, client, cancellationToken).ConfigureAwait(false);
            request.HttpContext.Response.Headers.Location = accepted.Links.Self;
            request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            return ApiJson.Ok(accepted, StatusCodes.Status202Accepted);
        });

    /// <summary>Rescans that run, then ended ones, newest first, by pages.</summary>
    [Function("ListRescansApi")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            bool? running = ApiQuery.Text(request, "state") switch
            {
                null => null,
                "running" => true,
                "ended" => false,
                _ => throw ApiQuery.Refuse("state is running or ended."),
            };
            OutcomeQuery query = new(
                ApiQuery.Text(request, "appliance"), ApiQuery.Text(request, "repository"), Limit: ApiQuery.Limit(request), ContinuationToken: ApiQuery.Text(request, "continuationToken"));
            return ApiJson.Ok(await reader.ListAsync(client, running, query, cancellationToken).ConfigureAwait(false));
        });

    /// <summary>One rescan: the one that runs, else the newest.</summary>
    [Function("GetRescanApi")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            RescanView rescan = await ReadAsync(request, client, id, cancellationToken).ConfigureAwait(false);
            if (IsUnderWay(rescan))
            {
                request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            }

            return ApiJson.Ok(rescan);
        });

    /// <summary>The session's log: from the appliance while it runs, from the outcome afterwards.</summary>
    [Function("GetRescanLogApi")]
    public Task<IResult> GetLogAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans/{id}/log")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            RescanView rescan = await ReadAsync(request, client, id, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<SessionLogItem> log = [];
            if (rescan.Outcome is not null)
            {
                log = (await outcomes.GetAsync(rescan.RequestId!, cancellationToken).ConfigureAwait(false))!.Log;
            }
            else if (IsUnderWay(rescan) && rescan.SessionId is { } session)
            {
                log = await appliances.Get(rescan.Appliance).GetSessionLogAsync(session, cancellationToken).ConfigureAwait(false);
            }

            return ApiJson.Ok(new RescanLogView(id, rescan.RequestId, log));
        });

    /// <summary>Cancels a rescan and stops its session on the appliance.</summary>
    [Function("CancelRescanApi")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            if (!IsUnderWay(await ReadAsync(request, client, id, cancellationToken).ConfigureAwait(false)))
            {
                return ApiJson.Problem(StatusCodes.Status409Conflict, $"Rescan '{id}' has ended already.");
            }

            await client.RaiseEventAsync(id, RescanEvents.Cancel, "Canceled by a call of the HTTP API.", cancellationToken).ConfigureAwait(false);
            return ApiJson.Ok(new CancelingView(id), StatusCodes.Status202Accepted);
        });

    private static bool IsUnderWay(RescanView rescan) =>
        rescan.Status is nameof(OrchestrationRuntimeStatus.Pending) or nameof(OrchestrationRuntimeStatus.Running) or nameof(OrchestrationRuntimeStatus.Suspended);

    private async Task<RescanView> ReadAsync(HttpRequest request, DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        ApiQuery.CheckId(id, RescanRequest.InstanceIdPrefix, "rescan-APPLIANCE-REPOSITORYID");
        string? requestId = ApiQuery.Id(request, "requestId");
        return await reader.GetAsync(client, id, requestId, cancellationToken).ConfigureAwait(false)
            ?? throw new KeyNotFoundException(requestId is null ? $"No rescan has the id '{id}'." : $"No rescan has the id '{id}' and that requestId.");
    }

    private async Task<AcceptedView> AcceptAsync(RescanHookRequest wish, DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (wish is { Appliance: { } name, Repository: { } wanted })
        {
            string appliance = appliances.Get(name).Name;
            Repository repository = await starter.FindAsync(appliance, wanted, cancellationToken).ConfigureAwait(false);
            AcceptedRescan started = await starter.StartAsync(client, appliance, repository, cancellationToken).ConfigureAwait(false);
            string self = "/api/rescans/" + Uri.EscapeDataString(started.Id);
            return new AcceptedView(started.Id, started.RequestId, appliance, new RepositoryRef(repository.Id, repository.Name), started.Joined, new AcceptedLinks(self, self + "/log"));
        }

        AcceptedRescan run = (await starter.StartAsync(client, wish, cancellationToken).ConfigureAwait(false))[0];
        return new AcceptedView(run.Id, null, wish.Appliance, null, run.Joined, new AcceptedLinks("/api/runs/" + Uri.EscapeDataString(run.Id), null));
    }
}
