using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Rescan.Functions.Api;

/// <summary>What a hook answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body, JSON.</param>
internal sealed record JsonResponse(int Status, string Json) : IActionResult
{
    public string? Location { get; init; }

    /// <inheritdoc/>
    public async Task ExecuteResultAsync(ActionContext context)
    {
        HttpResponse response = context.HttpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        // Writing to a caller who has hung up does nothing; to be canceled by it would look like a fault.
        await response.WriteAsync(Json, CancellationToken.None);
    }
}
