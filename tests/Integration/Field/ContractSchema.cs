using System.Text.Json;
using Json.Schema;

namespace Rescan.Tests.Integration.Field;

/// <summary>
/// What the REST API of an appliance answers, by the published contract of revision 1.0-rev0: the fields, their types, and no others.
/// </summary>
internal static class ContractSchema
{
    // The contract says date-time; its examples and the product's pages have no zone.
    private const string Definitions = """
        "$defs": {
          "uuid": { "type": "string", "format": "uuid" },
          "time": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})?$" },
          "link": {
            "type": "object", "required": ["rel", "href", "method"], "additionalProperties": false,
            "properties": { "rel": { "type": "string" }, "href": { "type": "string" }, "method": { "enum": ["GET", "POST", "PUT", "DELETE"] } }
          },
          "links": { "type": "array", "items": { "$ref": "#/$defs/link" } },
          "repository": {
            "type": "object", "additionalProperties": false,
            "required": ["id", "name", "description", "amazonAccountId", "amazonStorageFolder", "enableEncryption"],
            "properties": {
              "id": { "$ref": "#/$defs/uuid" }, "name": { "type": "string" }, "description": { "type": "string" },
              "amazonAccountId": { "$ref": "#/$defs/uuid" }, "amazonBucketId": { "$ref": "#/$defs/uuid" }, "amazonStorageFolder": { "type": "string" },
              "hint": { "type": "string" }, "enableEncryption": { "type": "boolean" }, "_links": { "$ref": "#/$defs/links" },
              "_embedded": {
                "type": "object", "additionalProperties": false,
                "properties": {
                  "amazonAccount": { "type": "string" }, "amazonAccountLink": { "$ref": "#/$defs/link" },
                  "region": { "type": "string" }, "regionLink": { "$ref": "#/$defs/link" },
                  "bucket": { "type": "string" }, "bucketLink": { "$ref": "#/$defs/link" }
                }
              }
            }
          },
          "session": {
            "type": "object", "additionalProperties": false, "required": ["id", "type", "status", "usn"],
            "properties": {
              "id": { "$ref": "#/$defs/uuid" }, "usn": { "type": "integer" }, "reason": { "type": "string" },
              "type": { "enum": ["Policy", "Job", "Task", "UserPolicy", "RetentionActivity", "RestoreTask", "FLRTask", "SelfBackupActivity", "ImportPolicy", "TombstoneRetention"] },
              "status": { "enum": ["Running", "NeverExecuted", "Succeeded", "Warning", "Failed", "Canceled"] },
              "result": { "enum": ["Running", "Success", "Warning", "Failed", "Cancelled"] },
              "executionStartTime": { "$ref": "#/$defs/time" }, "executionStopTime": { "$ref": "#/$defs/time" },
              "executionDuration": { "type": "integer" }, "_links": { "$ref": "#/$defs/links" }, "_embedded": { "type": "object" }
            }
          },
          "logItem": {
            "type": "object", "additionalProperties": false, "required": ["logTime", "status"],
            "properties": {
              "logTime": { "$ref": "#/$defs/time" }, "executionStartTime": { "$ref": "#/$defs/time" }, "executionDuration": { "type": "integer" }, "message": { "type": "string" },
              "status": { "enum": ["NeverExecuted", "Success", "Warning", "Error", "Pending", "Canceling", "Canceled", "Running", "RunningWithWarning", "RunningWithError"] }
            }
          }
        }
        """;

    public static readonly JsonSchema Token = Of("""
        "additionalProperties": false,
        "properties": {
          "access_token": { "type": "string" }, "token_type": { "type": "string" }, "refresh_token": { "type": "string" }, "expires_in": { "type": "integer" },
          ".issued": { "$ref": "#/$defs/time" }, ".expires": { "$ref": "#/$defs/time" }, "username": { "type": "string" }, "roleName": { "type": "string" },
          "mfa_enabled": { "type": "boolean" }, "mfa_token": { "type": "string" }
        }
        """);

    public static readonly JsonSchema Version = Of("""
        "required": ["about", "version"], "additionalProperties": false, "properties": { "about": { "type": "string" }, "version": { "type": "string" } }
        """);

    public static readonly JsonSchema Repository = Of("""  "$ref": "#/$defs/repository" """);

    public static readonly JsonSchema Repositories = Page("repository");

    public static readonly JsonSchema Session = Of("""  "$ref": "#/$defs/session" """);

    public static readonly JsonSchema Sessions = Page("session");

    public static readonly JsonSchema Started = Of("""
        "required": ["sessionId"], "additionalProperties": false, "properties": { "sessionId": { "$ref": "#/$defs/uuid" }, "_links": { "$ref": "#/$defs/links" } }
        """);

    public static readonly JsonSchema Log = Of("""
        "required": ["sessionId"], "additionalProperties": false,
        "properties": { "sessionId": { "$ref": "#/$defs/uuid" }, "log": { "type": "array", "items": { "$ref": "#/$defs/logItem" } } }
        """);

    public static readonly JsonSchema Error = Of("""
        "required": ["type", "title", "status", "errorCode"], "additionalProperties": false,
        "properties": {
          "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer", "minimum": 400, "exclusiveMaximum": 600 },
          "details": { "type": "string" }, "instance": { "type": "string" }, "data": { "type": "object" },
          "errorCode": {
            "enum": ["AccessDenied", "ExpiredToken", "InvalidToken", "InvalidURI", "MethodNotAllowed", "NotFound", "NotImplemented", "ServiceUnavailable", "UnexpectedContent", "UnknownError"]
          }
        }
        """);

    /// <summary>What of an answer is not as the contract has it; empty when all is.</summary>
    public static string[] Faults(this JsonSchema schema, JsonElement answer) =>
    [
        .. schema.Evaluate(answer, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true }).Details!
            .Where(d => d.Errors is { Count: > 0 })
            .Select(d => $"{d.InstanceLocation}: {string.Join("; ", d.Errors!.Values)}"),
    ];

    private static JsonSchema Page(string item) => Of($$"""
        "required": ["totalCount", "results"], "additionalProperties": false,
        "properties": { "totalCount": { "type": "integer" }, "results": { "type": "array", "items": { "$ref": "#/$defs/{{item}}" } }, "_links": { "$ref": "#/$defs/links" } }
        """);

    private static JsonSchema Of(string body) => JsonSchema.FromText($$"""{ "type": "object", {{body}}, {{Definitions}} }""");
}
