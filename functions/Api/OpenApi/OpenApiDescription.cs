using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Azure.Functions.Worker;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>Describes the HTTP functions of this assembly by OpenAPI 3.1, from their triggers, their attributes and the records that they answer.</summary>
internal static partial class OpenApiDescription
{
    private static readonly int[] AnyCall = [400, 429, 500];

    // As answers are written: a number is a number, not a text that holds one.
    private static readonly JsonSerializerOptions Json = new(ApiJson.Options) { NumberHandling = JsonNumberHandling.Strict, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private static readonly JsonSchemaExporterOptions SchemaOptions = new() { TreatNullObliviousAsNonNullable = true };

    /// <summary>The document.</summary>
    public static JsonObject Create()
    {
        JsonObject paths = [];
        SortedDictionary<string, Type> schemas = new(StringComparer.Ordinal) { [nameof(Problem)] = typeof(Problem) };
        foreach ((MethodInfo method, HttpTriggerAttribute trigger, ApiOperationAttribute operation) in Operations())
        {
            string path = "/api/" + trigger.Route;
            if (paths[path] is not JsonObject item)
            {
                paths[path] = item = [];
            }

            item[trigger.Methods!.First(m => m != "head")] = Describe(method, trigger, operation, schemas);
        }

        JsonObject components = [];
        foreach ((string name, Type type) in schemas)
        {
            components[name] = Whole(Json.GetJsonSchemaAsNode(type, SchemaOptions));
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Rescan",
                ["version"] = typeof(OpenApiDescription).Assembly.GetName().Version!.ToString(3),
                ["description"] = "Rescans the S3 repositories of Veeam Backup for AWS appliances and tells how each rescan ended. Every error is problem details (RFC 9457).",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = components,
                ["securitySchemes"] = new JsonObject
                {
                    ["functionKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "x-functions-key" },
                    ["code"] = new JsonObject { ["type"] = "apiKey", ["in"] = "query", ["name"] = "code" },
                },
            },
        };
    }

    private static IEnumerable<(MethodInfo Method, HttpTriggerAttribute Trigger, ApiOperationAttribute Operation)> Operations() =>
        from method in typeof(OpenApiDescription).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
        let operation = method.GetCustomAttribute<ApiOperationAttribute>()
        where operation is not null
        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).First(t => t is not null)
        orderby trigger.Route, trigger.Methods![0]
        select (method, trigger, operation);

    private static JsonObject Describe(MethodInfo method, HttpTriggerAttribute trigger, ApiOperationAttribute operation, SortedDictionary<string, Type> schemas)
    {
        JsonArray parameters = [.. InPath().Matches(trigger.Route!).Select(m => new JsonObject
        {
            ["name"] = m.Groups[1].Value, ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string", ["maxLength"] = 200 },
        })];
        foreach (ApiParameterAttribute parameter in method.GetCustomAttributes<ApiParameterAttribute>())
        {
            parameters.Add(Describe(parameter));
        }

        JsonObject answers = new() { [Text(operation.Status)] = Answer(operation.Status, operation.Answer, "application/json", schemas) };
        bool keyed = trigger.AuthLevel != AuthorizationLevel.Anonymous;
        foreach (int status in operation.Problems.Concat(AnyCall).Concat(keyed ? [401] : Array.Empty<int>()).Distinct().Order())
        {
            answers[Text(status)] = Answer(status, typeof(Problem), Problem.ContentType, schemas);
        }

        return new JsonObject
        {
            ["operationId"] = method.GetCustomAttribute<FunctionAttribute>()!.Name,
            ["summary"] = operation.Summary,
            ["security"] = keyed ? new JsonArray(new JsonObject { ["functionKey"] = new JsonArray() }, new JsonObject { ["code"] = new JsonArray() }) : new JsonArray(),
            ["parameters"] = parameters.Count > 0 ? parameters : null,
            ["requestBody"] = operation.Body is null ? null : new JsonObject { ["required"] = true, ["content"] = Content("application/json", operation.Body, schemas) },
            ["responses"] = answers,
        }.WithoutNulls();
    }

    private static JsonObject Describe(ApiParameterAttribute parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["description"] = parameter.Description,
        ["required"] = parameter.Required,
        ["schema"] = parameter switch
        {
            { Values: { } values } => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. values.Split(' ').Select(v => JsonValue.Create(v))]) },
            { Maximum: > 0 } => new JsonObject { ["type"] = "integer", ["minimum"] = parameter.Minimum, ["maximum"] = parameter.Maximum },
            _ => new JsonObject { ["type"] = "string" },
        },
    };

    private static JsonObject Answer(int status, Type? body, string mediaType, SortedDictionary<string, Type> schemas) => new JsonObject
    {
        ["description"] = ReasonPhrases.GetReasonPhrase(status),
        ["content"] = body is null ? null : Content(mediaType, body, schemas),
    }.WithoutNulls();

    private static JsonObject Content(string mediaType, Type body, SortedDictionary<string, Type> schemas)
    {
        if (body == typeof(object))
        {
            return new JsonObject { [mediaType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } } };
        }

        schemas[body.Name] = body;
        return new JsonObject { [mediaType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + body.Name } } };
    }

    /// <summary>The exporter points at what it has written before from the schema's own root, which is not the document's; the types are small, so they are written out.</summary>
    private static JsonNode Whole(JsonNode schema)
    {
        JsonNode Resolve(JsonNode node)
        {
            switch (node)
            {
                case JsonObject one when one["$ref"] is JsonValue pointer && one.Count == 1:
                    JsonNode target = schema;
                    foreach (string step in pointer.GetValue<string>().Split('/').Skip(1))
                    {
                        target = target is JsonArray list ? list[int.Parse(step, CultureInfo.InvariantCulture)]! : target[step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)]!;
                    }

                    return Resolve(target);
                case JsonObject one:
                    return new JsonObject(one.Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Resolve(p.Value))));
                case JsonArray many:
                    return new JsonArray([.. many.Select(n => n is null ? null : Resolve(n))]);
                default:
                    return node.DeepClone();
            }
        }

        return Resolve(schema);
    }

    private static JsonObject WithoutNulls(this JsonObject from)
    {
        foreach (string name in from.Where(p => p.Value is null).Select(p => p.Key).ToList())
        {
            from.Remove(name);
        }

        return from;
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{([A-Za-z]+)")]
    private static partial Regex InPath();
}
