using System.Text.Json.Serialization;

namespace Rescan.Functions.Appliances;

/// <summary>What a failure of the appliance means for the rescan.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApplianceFailure>))]
public enum ApplianceFailure
{
    /// <summary>Waiting and trying again may help: timeouts, lost connections, 408, 429, 5xx, bodies that are not the API's.</summary>
    Transient,

    /// <summary>No retry helps: wrong password, MFA, missing right, certificate not trusted, revision without rescan, redirect.</summary>
    Rejected,

    /// <summary>The thing asked for does not exist (404).</summary>
    NotFound,

    /// <summary>The request met a state that forbids it (409).</summary>
    Conflict,

    /// <summary>The answer is larger than what is read; asking again gives no smaller one.</summary>
    TooLarge,
}

/// <summary>Any failure of a call to the appliance. Its message never holds a secret.</summary>
public sealed class ApplianceException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ApplianceException(ApplianceFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>What it means for the rescan.</summary>
    public ApplianceFailure Failure { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient => Failure == ApplianceFailure.Transient;

    /// <summary>HTTP status, when there was an answer.</summary>
    public int? Status { get; init; }

    /// <summary>The problem body's errorCode, when given.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>How long the appliance asked to wait (Retry-After, as seconds or as a date), when it did.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the appliance complains about the x-api-version.</summary>
    public bool IsVersionProblem { get; init; }

    /// <summary>Whether the appliance refused the user name or the password; shown again, it may lock the account.</summary>
    public bool IsPasswordRefused { get; init; }

    /// <summary>
    /// Whether the answer looks like the appliance's own, and not like a proxy's: then the request is no longer under way.
    /// </summary>
    public bool IsAppliances { get; init; }

    /// <summary>False when the request certainly never reached the appliance (no connection); true when it may have acted.</summary>
    public bool MayHaveActed { get; init; } = true;
}
