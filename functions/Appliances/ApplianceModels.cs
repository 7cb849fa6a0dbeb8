using System.Text.Json.Serialization;

namespace Rescan.Functions.Appliances;

/// <summary>A backup repository as the appliance lists it. Only <see cref="Id"/> and <see cref="Name"/> may be relied on.</summary>
/// <param name="Id">The repository's uuid.</param>
/// <param name="Name">Its display name; two repositories may share one.</param>
/// <param name="Bucket">The bucket or container, where the appliance tells it.</param>
/// <param name="Folder">The folder inside the bucket, where the appliance tells it.</param>
public sealed record Repository(string Id, string Name, string? Bucket = null, string? Folder = null)
{
    /// <summary>What it is, as the appliance spells it; null where it has but one type.</summary>
    public string? Type { get; init; }

    /// <summary>Why runs leave it out unless they name it; null when they take it.</summary>
    public string? LeftOutOfRuns { get; init; }

    /// <summary>
    /// What the keys of its objects in S3 begin with, each ending with a slash; an empty one takes the whole bucket. None: no S3 event is
    /// its own.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> KeyPrefixes { get; init; } = [];
}

/// <summary>Where a session stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionState>))]
public enum SessionState
{
    /// <summary>Accepted, not begun.</summary>
    Pending,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Ended; <see cref="ApplianceSession.Result"/> tells how.</summary>
    Done,

    /// <summary>In a state that is not known here. It counts as under way.</summary>
    Unknown,
}

/// <summary>How a session ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionResult>))]
public enum SessionResult
{
    /// <summary>Well.</summary>
    Succeeded,

    /// <summary>With warnings.</summary>
    Warning,

    /// <summary>With an error, or without a result that could be called a success.</summary>
    Failed,

    /// <summary>Stopped before its end.</summary>
    Canceled,

    /// <summary>With an error, or stopped: the appliance shows both alike, so only who asked for the stop can tell.</summary>
    FailedOrCanceled,
}

/// <summary>A session of the appliance: one piece of its work, such as a rescan.</summary>
/// <param name="Id">The session's uuid.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Status">The state as the appliance spells it, for people.</param>
public sealed record ApplianceSession(string Id, SessionState State, string Status)
{
    /// <summary>The kind of work, an open string.</summary>
    public string? Type { get; init; }

    /// <summary>How it ended; null while it has not.</summary>
    public SessionResult? Result { get; init; }

    /// <summary>Why it ended so, when told.</summary>
    public string? Reason { get; init; }

    /// <summary>Start, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Stop, UTC, once it has stopped.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>How far it is, 0 to 100, where the appliance tells.</summary>
    public int? ProgressPercent { get; init; }

    /// <summary>What the operator should see to while it goes on; null when there is nothing.</summary>
    public string? Attention { get; init; }

    /// <summary>What it says about being a rescan, by the documentation of its kind of appliance.</summary>
    public SessionNature Nature { get; init; }
}

/// <summary>One line of a session's log.</summary>
/// <param name="Time">When it was logged, UTC.</param>
/// <param name="Status">One of <see cref="LogStatus"/>, or as the appliance spells it where it fits none.</param>
/// <param name="Message">The text.</param>
public sealed record SessionLogItem(DateTimeOffset? Time, string Status, string Message);

/// <summary>The statuses of log items.</summary>
public static class LogStatus
{
    /// <summary>It has not begun.</summary>
    public const string Pending = "Pending";

    /// <summary>It is being worked on; the item may change in place.</summary>
    public const string Running = "Running";

    /// <summary>Done.</summary>
    public const string Success = "Success";

    /// <summary>Done, with something to look at.</summary>
    public const string Warning = "Warning";

    /// <summary>It failed.</summary>
    public const string Error = "Error";

    /// <summary>It was stopped.</summary>
    public const string Canceled = "Canceled";

    /// <summary>It only tells something.</summary>
    public const string Info = "Info";

    /// <summary>Whether an item of the status is still being worked on.</summary>
    public static bool IsOpen(string status) => status is Pending or Running;
}

/// <summary>What a sign-in established; holds nothing secret.</summary>
/// <param name="ExpiresAt">When the access token runs out, UTC.</param>
/// <param name="ProductVersion">The version or build of the appliance's product, when it told.</param>
/// <param name="ApiVersion">The x-api-version in use.</param>
/// <param name="Role">The account's role, when the appliance told it or showed it by what it allows.</param>
public sealed record SignInResult(DateTimeOffset ExpiresAt, string? ProductVersion, string ApiVersion, string? Role = null)
{
    /// <summary>What the appliance calls itself, whatever its address; null where it did not tell.</summary>
    public string? Identity { get; init; }
}

/// <summary>What can be learnt of an appliance without starting anything.</summary>
/// <param name="Product">The product's name.</param>
/// <param name="SignIn">The sign-in.</param>
/// <param name="Revisions">Revisions that it accepts, where it lists them, newest first.</param>
/// <param name="Certificate">The certificate that it showed.</param>
/// <param name="Warnings">What may stand in a rescan's way.</param>
public sealed record ApplianceProbe(
    string Product, SignInResult SignIn, IReadOnlyList<string> Revisions, CertificateSeen? Certificate, IReadOnlyList<string> Warnings);

/// <summary>A certificate that an appliance showed and that was accepted.</summary>
/// <param name="Thumbprint">Its SHA-256 thumbprint.</param>
/// <param name="Subject">Its subject.</param>
/// <param name="ValidUntil">When it runs out, UTC.</param>
public sealed record CertificateSeen(string Thumbprint, string Subject, DateTimeOffset ValidUntil);
