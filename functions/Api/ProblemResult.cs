using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Rescan.Functions.Api;

/// <summary>A refusal as the result of a function.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was wrong with this request, and what would be right.</param>
/// <param name="RetryAfter">When to ask again, where that helps.</param>
internal sealed record ProblemResult(int Status, string Detail, TimeSpan? RetryAfter = null) : IResult, IActionResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => Problems.WriteAsync(httpContext, Status, Detail, RetryAfter);

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);
}
