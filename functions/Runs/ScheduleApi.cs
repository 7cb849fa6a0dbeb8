using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api;
using Rescan.Functions.Api.OpenApi;

namespace Rescan.Functions.Runs;

/// <summary>The HTTP API of the schedule.</summary>
/// <param name="reader">Reads the schedule.</param>
public sealed class ScheduleApi(ScheduleReader reader)
{
    /// <summary>When the next run is due, and what became of the last ones.</summary>
    [Function("GetScheduleApi")]
    [ApiOperation("When the next scheduled run is due, and what became of the last ones.", Answer = typeof(ScheduleView))]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "schedule")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.AnswerAsync(request.HttpContext.Response, async () => ApiJson.Ok(await reader.ReadAsync(cancellationToken)));
}
