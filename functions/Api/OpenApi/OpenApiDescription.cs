using System.Globalization;
using System.Net.Mime;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>
/// Describes the HTTP functions of this assembly by OpenAPI 3.1, from their triggers, their attributes and the records that they answer.
/// </summary>
internal static partial class OpenApiDescription
{
    private const string KeyInHeader = "functionKey";
    private const string KeyInQuery = "code";
    private const int LongestId = 200;
    private static readonly int[] AnyCall = [400, 429, 500];

    /// <summary>The document.</summary>
    public static OpenApiDocument Create()
    {
        OpenApiDocument document = new()
        {
            Info = new OpenApiInfo
            {
                Title = "Rescan",
                Version = typeof(OpenApiDescription).Assembly.GetName().Version!.ToString(3),
                Description =
                    "Rescans the S3 repositories of Veeam appliances and tells how each rescan ended. Every error is problem details (RFC "
                        + "9457).",
            },
            Servers = [new OpenApiServer { Url = "/" }],
            Paths = [],
        };
        document.AddComponent<IOpenApiSecurityScheme>(KeyInHeader, Key(ParameterLocation.Header, "x-functions-key"));
        document.AddComponent<IOpenApiSecurityScheme>(KeyInQuery, Key(ParameterLocation.Query, "code"));
        foreach ((MethodInfo method, HttpTriggerAttribute trigger, ApiOperationAttribute operation) in Operations())
        {
            string path = "/api/" + trigger.Route;
            if (!document.Paths.TryGetValue(path, out IOpenApiPathItem? item))
            {
                document.Paths[path] = item = new OpenApiPathItem();
            }

            ((OpenApiPathItem)item).AddOperation(
                HttpMethod.Parse(trigger.Methods!.First(m => m != "head")), Describe(method, trigger, operation, document));
        }

        return document;
    }

    private static OpenApiSecurityScheme Key(ParameterLocation place, string name) =>
        new() { Type = SecuritySchemeType.ApiKey, In = place, Name = name };

    private static IEnumerable<(MethodInfo Method, HttpTriggerAttribute Trigger, ApiOperationAttribute Operation)> Operations() =>
        from method in typeof(OpenApiDescription).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
        let operation = method.GetCustomAttribute<ApiOperationAttribute>()
        where operation is not null
        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).First(t => t is not null)
        orderby trigger.Route, trigger.Methods![0]
        select (method, trigger, operation);

    private static OpenApiOperation Describe(
        MethodInfo method, HttpTriggerAttribute trigger, ApiOperationAttribute operation, OpenApiDocument document)
    {
        bool keyed = trigger.AuthLevel != AuthorizationLevel.Anonymous;
        OpenApiResponses answers =
            new() { [Text(operation.Status)] = Answer(operation.Status, operation.Answer, MediaTypeNames.Application.Json, document) };
        foreach (int status in operation.Problems.Concat(AnyCall).Concat(keyed ? [401, 403] : Array.Empty<int>()).Distinct().Order())
        {
            answers[Text(status)] = Answer(status, typeof(ProblemDetails), Problems.ContentType, document);
        }

        return new OpenApiOperation
        {
            OperationId = method.GetCustomAttribute<FunctionAttribute>()!.Name,
            Summary = operation.Summary,
            Security = keyed ? [Requirement(KeyInHeader, document), Requirement(KeyInQuery, document)] : [],
            Parameters =
            [
                .. InPath().Matches(trigger.Route!).Select(m => new OpenApiParameter
                {
                    Name = m.Groups[1].Value,
                    In = ParameterLocation.Path,
                    Required = true,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = LongestId },
                }),
                .. method.GetCustomAttributes<ApiParameterAttribute>().Select(Describe),
            ],
            RequestBody = operation.Body is null ? null : new OpenApiRequestBody
            {
                Required = true,
                Content = Content(MediaTypeNames.Application.Json, operation.Body, document),
            },
            Responses = answers,
        };
    }

    private static OpenApiSecurityRequirement Requirement(string scheme, OpenApiDocument document) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };

    private static OpenApiParameter Describe(ApiParameterAttribute parameter) => new()
    {
        Name = parameter.Name,
        In = Enum.Parse<ParameterLocation>(parameter.In, ignoreCase: true),
        Description = parameter.Description,
        Required = parameter.Required,
        Schema = parameter switch
        {
            { Values: { } values } => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. values.Split(' ')] },
            { Maximum: > 0 } =>
                new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = Text(parameter.Minimum), Maximum = Text(parameter.Maximum) },
            _ => new OpenApiSchema { Type = JsonSchemaType.String },
        },
    };

    private static OpenApiResponse Answer(int status, Type? body, string mediaType, OpenApiDocument document) => new()
    {
        Description = ReasonPhrases.GetReasonPhrase(status),
        Content = body is null ? null : Content(mediaType, body, document),
    };

    private static Dictionary<string, IOpenApiMediaType> Content(string mediaType, Type body, OpenApiDocument document) =>
        new() { [mediaType] = new OpenApiMediaType { Schema = OpenApiSchemas.Of(body, document) } };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{([A-Za-z]+)")]
    private static partial Regex InPath();
}
