using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Appliance;
using Rescan.Functions.Orchestrations;
using Rescan.Functions.Outcomes;
using Rescan.Functions.Webhooks;

namespace Rescan.Functions.Triggers;

/// <summary>The HTTP API of rescans.</summary>
/// <param name="starter">Starts and joins rescans.</param>
/// <param name="appliances">The appliances' clients.</param>
/// <param name="outcomes">Where outcomes are kept.</param>
public sealed class RescanApi(RescanStarter starter, IApplianceClients appliances, IOutcomeStore outcomes)
{
    private const int MaxId = 200;
    private const int PageSize = 100;

    /// <summary>Starts a rescan, or joins the one that runs.</summary>
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
            Repository? repository = null;
            AcceptedRescan started;
            if (wish is { Appliance: { } name, Repository: { } wanted })
            {
                string appliance = appliances.Names.FirstOrDefault(n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase)) ?? appliances.Get(name).Name;
                repository = await starter.FindAsync(appliance, wanted, cancellationToken).ConfigureAwait(false);
                started = await starter.StartAsync(client, appliance, repository, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                started = (await starter.StartAsync(client, wish, cancellationToken).ConfigureAwait(false))[0];
            }

            string self = "/api/rescans/" + Uri.EscapeDataString(started.Id);
            request.HttpContext.Response.Headers.Location = self;
            request.HttpContext.Response.Headers.RetryAfter = "2";
            return ApiJson.Ok(
                new
                {
                    started.Id,
                    wish.Appliance,
                    Repository = repository is null ? null : new RepositoryRef(repository.Id, repository.Name),
                    started.Joined,
                    Links = new { Self = self, Log = self + "/log" },
                },
                StatusCodes.Status202Accepted);
        });

    /// <summary>Rescans that run, then the newest outcomes.</summary>
    [Function("ListRescansApi")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            OrchestrationQuery running = new(
                Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended],
                InstanceIdPrefix: RescanRequest.InstanceIdPrefix,
                FetchInputsAndOutputs: true);
            List<object> items = [];
            await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(running).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                items.Add(Describe(instance, null));
            }

            foreach (RescanOutcome outcome in await outcomes.ListAsync(PageSize, cancellationToken).ConfigureAwait(false))
            {
                items.Add(new { outcome.Id, Status = "Completed", Outcome = outcome with { Log = [] } });
            }

            return ApiJson.Ok(new { items });
        });

    /// <summary>One rescan: the one that runs, else the newest outcome.</summary>
    [Function("GetRescanApi")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            OrchestrationMetadata? instance = await ReadAsync(client, id, cancellationToken).ConfigureAwait(false);
            if (instance is { Name: nameof(FleetOrchestration) })
            {
                return ApiJson.Ok(new { Id = id, Status = instance.RuntimeStatus.ToString(), Report = instance.IsCompleted ? instance.ReadOutputAs<FleetReport>() : null });
            }

            RescanOutcome? outcome = instance is { IsCompleted: false } ? null : (await outcomes.GetRecentAsync(id, 1, cancellationToken).ConfigureAwait(false)).FirstOrDefault();
            if (instance is null && outcome is null)
            {
                throw Unknown(id);
            }

            if (instance is { IsCompleted: false })
            {
                request.HttpContext.Response.Headers.RetryAfter = "2";
            }

            return ApiJson.Ok(instance is null ? new { Id = id, Status = "Completed", Outcome = outcome! with { Log = [] } } : Describe(instance, outcome));
        });

    /// <summary>The session's log: from the appliance while it runs, from the outcome afterwards.</summary>
    [Function("GetRescanLogApi")]
    public Task<IResult> GetLogAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "rescans/{id}/log")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            OrchestrationMetadata? instance = await ReadAsync(client, id, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<SessionLogItem> log = [];
            if (instance is { IsCompleted: false })
            {
                if (instance.ReadCustomStatusAs<RescanStatus>()?.SessionId is { } session)
                {
                    log = await appliances.Get(instance.ReadInputAs<RescanRequest>()!.Appliance).GetSessionLogAsync(session, cancellationToken).ConfigureAwait(false);
                }
            }
            else
            {
                log = ((await outcomes.GetRecentAsync(id, 1, cancellationToken).ConfigureAwait(false)).FirstOrDefault() ?? throw Unknown(id)).Log;
            }

            return ApiJson.Ok(new { Id = id, Log = log });
        });

    /// <summary>Cancels a rescan and stops its session on the appliance.</summary>
    [Function("CancelRescanApi")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "rescans/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request.HttpContext.Response, async () =>
        {
            OrchestrationMetadata? instance = await ReadAsync(client, id, cancellationToken).ConfigureAwait(false);
            if (instance is null or { IsCompleted: true })
            {
                return instance is null
                    ? throw Unknown(id)
                    : ApiJson.Problem(StatusCodes.Status409Conflict, $"Rescan '{id}' has ended already.");
            }

            await client.RaiseEventAsync(id, RescanEvents.Cancel, "Canceled by a call of the HTTP API.", cancellationToken).ConfigureAwait(false);
            return ApiJson.Ok(new { Id = id, Status = "Canceling" }, StatusCodes.Status202Accepted);
        });

    private static async Task<OrchestrationMetadata?> ReadAsync(DurableTaskClient client, string id, CancellationToken cancellationToken) =>
        id.Length is > 0 and <= MaxId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            ? await client.GetInstanceAsync(id, true, cancellationToken).ConfigureAwait(false)
            : throw new HookRefusedException(StatusCodes.Status400BadRequest, "The id is malformed; ids look like rescan-APPLIANCE-REPOSITORYID.");

    private static KeyNotFoundException Unknown(string id) => new($"No rescan has the id '{id}'.");

    private static object Describe(OrchestrationMetadata instance, RescanOutcome? outcome)
    {
        RescanStatus? status = instance.ReadCustomStatusAs<RescanStatus>();
        return new
        {
            Id = instance.InstanceId,
            Status = instance.RuntimeStatus.ToString(),
            status?.Phase,
            status?.SessionId,
            status?.LastMessage,
            Polls = status?.Polls ?? 0,
            status?.NextPollAt,
            status?.Trouble,
            status?.Requests,
            Outcome = outcome is null ? null : outcome with { Log = [] },
            Error = instance.FailureDetails?.ErrorMessage,
        };
    }
}
