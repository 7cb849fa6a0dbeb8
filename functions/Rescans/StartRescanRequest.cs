using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>The body of <c>POST /api/hooks/rescan</c>: one repository, or all that a filter lets through.</summary>
/// <param name="Appliance">The appliance's name; without it, and with a filter, all appliances.</param>
/// <param name="Repository">The repository's name or id; needs the appliance.</param>
/// <param name="Filter">Which repositories; not together with <paramref name="Repository"/>. Neither means all of the appliance.</param>
public sealed record StartRescanRequest(string? Appliance = null, string? Repository = null, RepositoryFilter? Filter = null)
{
    private static readonly UTF8Encoding Strict = new(false, true);

    // An unknown name is an error: a misspelt filter would otherwise rescan everything.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        MaxDepth = 8,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Who or what asks; never read from the body.</summary>
    internal Initiator? StartedBy { get; init; }

    /// <exception cref="RequestRefusedException">The body is not of the form.</exception>
    internal static StartRescanRequest Read(ReadOnlySpan<byte> body)
    {
        StartRescanRequest? request;
        try
        {
            request = JsonSerializer.Deserialize<StartRescanRequest>(
                Strict.GetString(body.StartsWith(JsonBody.Mark) ? body[JsonBody.Mark.Length..] : body), Json);
        }
        catch (JsonException e)
        {
            throw Refuse(
                $"The body is not the JSON expected, at {e.Path ?? "$"}: an object with appliance and repository, or with appliance, "
                    + "filter or both.");
        }
        catch (DecoderFallbackException)
        {
            throw Refuse("The body is not UTF-8.");
        }

        return request switch
        {
            null or { Appliance: null, Repository: null, Filter: null } =>
                throw Refuse(
                    "The body names nothing to rescan. Give an appliance, a repository of it, or a filter; {\"filter\": {}} means all "
                        + "repositories of all appliances."),
            { Appliance: "" } or { Repository: "" } => throw Refuse("appliance and repository must not be empty."),
            { Repository: not null, Appliance: null } => throw Refuse("A repository needs its appliance."),
            { Repository: not null, Filter: not null } => throw Refuse("Give a repository or a filter, not both."),
            _ => request,
        };
    }

    private static RequestRefusedException Refuse(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
