using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Runs;

/// <summary>The HTTP API's call that repeats what was not rescanned in a run.</summary>
/// <param name="repeater">Repeats runs.</param>
/// <param name="idempotency">Handles a request once, however often it comes.</param>
public sealed class RerunApi(RunRepeater repeater, IdempotencyHandler idempotency)
{
    /// <summary>Starts a run over what was not rescanned in one that has ended, or joins the one that does so already.</summary>
    [Function("RerunApi")]
    [ApiOperation(
        "Starts a run over those repositories of an ended run that were not rescanned, or joins the one that does so already.",
        Answer = typeof(AcceptedView), Status = 202, Problems = [404, 409, 413, 422])]
    [ApiParameter("canceled", "true: canceled rescans too.", Values = "true false")]
    [ApiParameter(ApiQuery.IdempotencyHeader, "Makes the call safe to repeat for a day: the first answer is given again.", In = "header")]
    public Task<IResult> RerunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "runs/{id}/rerun")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async caller =>
        {
            bool canceled = ApiQuery.Flag(request, "canceled");
            string body = Encoding.UTF8.GetString(await RequestReader.ReadBodyAsync(request, cancellationToken)).Trim();
            if (body.Length > 0 && body != "{}")
            {
                // Whoever sends one expects it to matter.
                throw ApiQuery.Refuse(
                    "A rerun takes no body: the run in the address says what is repeated, and ?canceled=true adds what was canceled.");
            }

            StoredResponse answer;
            if (ApiQuery.IdempotencyKey(request) is { } key)
            {
                (answer, bool replayed) = await idempotency.HandleAsync(
                    $"rerun {id} {key}", ApiQuery.IdempotencyHeader, Encoding.UTF8.GetBytes($"canceled={canceled}"),
                    seed => AcceptAsync(caller, client, id, canceled, seed, cancellationToken), cancellationToken);
                request.HttpContext.Response.Headers["Idempotency-Replayed"] = replayed ? "true" : "false";
            }
            else
            {
                answer = await AcceptAsync(caller, client, id, canceled, null, cancellationToken);
            }

            request.HttpContext.Response.Headers.Location = answer.Location;
            request.HttpContext.Response.Headers.RetryAfter = ApiJson.RetryAfter;
            return Results.Text(answer.Json, MediaTypeNames.Application.Json, statusCode: answer.Status);
        });

    private async Task<StoredResponse> AcceptAsync(
        Caller caller, DurableTaskClient client, string id, bool canceled, string? seed, CancellationToken cancellationToken)
    {
        AcceptedRescan run = await repeater.RepeatAsync(client, id, canceled, seed, caller.AsInitiator(), cancellationToken);
        AcceptedView accepted = new(
            run.Id, null, null, null, run.Joined, new AcceptedLinks("/api/runs/" + Uri.EscapeDataString(run.Id), null));
        return new StoredResponse(StatusCodes.Status202Accepted, JsonSerializer.Serialize(accepted, ApiJson.Options), accepted.Links.Self);
    }
}
