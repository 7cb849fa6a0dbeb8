using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>Describes the HTTP API.</summary>
public sealed class OpenApiFunction
{
    private static readonly Lazy<string> Document = new(() => OpenApiDescription.Create().ToJsonString(ApiJson.Options));

    /// <summary>The description by OpenAPI 3.1.</summary>
    [Function("OpenApi")]
    [ApiOperation("This document.", Answer = typeof(object))]
    public IResult Describe([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "openapi.json")] HttpRequest request) =>
        Results.Text(Document.Value, MediaTypeNames.Application.Json);
}
