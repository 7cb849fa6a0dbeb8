using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>Describes the HTTP API.</summary>
public sealed class OpenApiFunction
{
    private static readonly Lazy<Task<string>> Document = new(
        () => OpenApiDescription.Create().SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, CancellationToken.None));

    /// <summary>The description by OpenAPI 3.1.</summary>
    [Function("OpenApi")]
    [ApiOperation("This document.", Answer = typeof(object))]
    public async Task<IResult> DescribeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "openapi.json")] HttpRequest request) =>
        Results.Text(await Document.Value, MediaTypeNames.Application.Json);
}
