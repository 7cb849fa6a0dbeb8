using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api.OpenApi;

namespace Rescan.Functions.Api.Callers;

/// <summary>The HTTP API's answer to who is asking.</summary>
public sealed class CallerApi
{
    /// <summary>The caller, and what the caller may do; the status page shows no button that would be refused.</summary>
    [Function("GetCallerApi")]
    [ApiOperation("Who is calling, and what that caller may do.", Answer = typeof(Caller))]
    public Task<IResult> GetAsync([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "caller")] HttpRequest request) =>
        ApiJson.AnswerAsync(request.HttpContext.Response, () => Task.FromResult(ApiJson.Ok(CallerReader.Read(request))));
}
