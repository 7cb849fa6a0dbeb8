using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;

namespace Rescan.Functions.Api;

/// <summary>
/// Ends an HTTP function quietly whose caller has hung up, or whose host stops. The worker would log the
/// cancellation as an error with its stack.
/// </summary>
/// <param name="log">The log.</param>
internal sealed class CallerGoneMiddleware(ILogger<CallerGoneMiddleware> log) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        HttpContext? http = context.GetHttpContext();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (http is not null
            && (context.CancellationToken.IsCancellationRequested || http.RequestAborted.IsCancellationRequested))
        {
            log.LogInformation("{Function}: the caller has hung up", context.FunctionDefinition.Name);
            context.GetInvocationResult().Value = Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }
}
