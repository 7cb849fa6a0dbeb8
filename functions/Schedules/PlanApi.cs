using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>The HTTP API of what the next scheduled run would do.</summary>
/// <param name="reader">Tells it.</param>
/// <param name="store">Keeps pauses.</param>
public sealed class PlanApi(PlanReader reader, ScheduleStore store)
{
    /// <summary>What the next run of a schedule would rescan, what it would leave out, and why.</summary>
    [Function("GetPlanApi")]
    [ApiOperation(
        "What the next scheduled run would rescan, and what it would leave out and why; starts nothing.", Answer = typeof(PlanView),
        Problems = [404])]
    [ApiParameter("schedule", "The schedule's name; the one whose run is due next unless given.")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "schedule/plan")] HttpRequest request,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ =>
        {
            KeptSchedules kept = await store.GetAsync(cancellationToken);
            return ApiJson.Ok(await reader.ReadAsync(ApiQuery.Text(request, "schedule"), kept.Pauses, cancellationToken));
        });
}
