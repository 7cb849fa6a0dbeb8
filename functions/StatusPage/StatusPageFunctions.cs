using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api;

namespace Rescan.Functions.StatusPage;

/// <summary>
/// Serves the status page. Its files hold no data, so they ask for no key; what they show comes from the HTTP API, which does.
/// </summary>
public sealed class StatusPageFunctions
{
    /// <summary>
    /// The page. An empty route would be taken for the function's name, so the route is a parameter that can only be empty.
    /// </summary>
    [Function("StatusPage")]
    public IResult Page(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "{ignored:maxlength(0)?}")] HttpRequest request) =>
        Answer(request, PageFile.Index);

    /// <summary>A file of the page.</summary>
    [Function("StatusPageFile")]
    public IResult File(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "page/{file}")] HttpRequest request, string file) =>
        PageFile.Find(file) is { } found
        ? Answer(request, found) : new ProblemResult(StatusCodes.Status404NotFound, "The page has no such file.");

    private static IResult Answer(HttpRequest request, PageFile file)
    {
        ArgumentNullException.ThrowIfNull(request);
        IHeaderDictionary headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = PageFile.Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return Results.Bytes(file.Content, file.ContentType, entityTag: file.Tag);
    }
}
