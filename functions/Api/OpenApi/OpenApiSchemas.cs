using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Rescan.Functions.Api.OpenApi;

/// <summary>Schemas of the records that the API takes and answers, as .NET exports them.</summary>
internal static class OpenApiSchemas
{
    // As answers are written: a number is a number, not a text that holds one.
    private static readonly JsonSerializerOptions Json = new(
        ApiJson.Options)
    { NumberHandling = JsonNumberHandling.Strict, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private static readonly JsonSchemaExporterOptions Options = new() { TreatNullObliviousAsNonNullable = true };

    /// <summary>
    /// A reference to the schema of a type, which becomes a component of the document; of <see cref="object"/>, any object.
    /// </summary>
    public static IOpenApiSchema Of(Type type, OpenApiDocument document)
    {
        if (type == typeof(object))
        {
            return new OpenApiSchema { Type = JsonSchemaType.Object };
        }

        if (document.Components?.Schemas?.ContainsKey(type.Name) != true)
        {
            document.AddComponent<IOpenApiSchema>(type.Name, type == typeof(ProblemDetails) ? Problem() : Exported(type, document));
        }

        return new OpenApiSchemaReference(type.Name, document);
    }

    /// <summary>Its extensions are what this app adds.</summary>
    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "about:blank: the status says all there is to say about the kind."
            },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The status in words." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] =
                new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Description = "What was wrong with this request, and what would be right."
                },
            [Problems.TraceId] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Finds the request in the log." },
        },
        Required = new HashSet<string> { "type", "title", "status", "detail", Problems.TraceId },
    };

    private static OpenApiSchema Exported(Type type, OpenApiDocument document)
    {
        string json = Whole(Json.GetJsonSchemaAsNode(type, Options)).ToJsonString();
        OpenApiSchema? schema = OpenApiModelFactory.Parse<OpenApiSchema>(
            json, OpenApiSpecVersion.OpenApi3_1, document, out OpenApiDiagnostic diagnostic, "json");
        return schema is not null && diagnostic.Errors.Count == 0 ? schema
            : throw new InvalidOperationException(
                $"The schema of {type} cannot be read: {string.Join("; ", diagnostic.Errors.Select(e => e.Message))}");
    }

    /// <summary>
    /// The exporter points at what it has written before from the schema's own root, which is not the document's; the
    /// types are small, so they are written out.
    /// </summary>
    private static JsonNode Whole(JsonNode schema)
    {
        JsonNode Resolve(JsonNode node)
        {
            switch (node)
            {
                case JsonObject one when one["$ref"] is JsonValue pointer:
                    JsonNode target = schema;
                    foreach (string step in pointer.GetValue<string>().Split('/').Skip(1))
                    {
                        target = target is JsonArray list
                            ? list[int.Parse(step, CultureInfo.InvariantCulture)]!
                            : target[step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)]!;
                    }

                    // Beside the pointer may stand what holds here alone, such as a default.
                    JsonNode found = Resolve(target);
                    foreach ((string name, JsonNode? own) in one.Where(p => p.Key != "$ref"))
                    {
                        found[name] = own?.DeepClone();
                    }

                    return found;
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
}
