namespace Rescan.Functions.Appliances;

/// <summary>A backup repository as the appliance lists it. Only <see cref="Id"/> and <see cref="Name"/> may be relied on.</summary>
/// <param name="Id">The repository's uuid.</param>
/// <param name="Name">Its display name; two repositories may share one.</param>
/// <param name="Bucket">The S3 bucket, where the appliance tells it.</param>
/// <param name="Folder">The folder inside the bucket, where the appliance tells it.</param>
public sealed record Repository(string Id, string Name, string? Bucket = null, string? Folder = null);

/// <summary>A session of the appliance: one piece of its work, such as a rescan.</summary>
/// <param name="Id">The session's uuid.</param>
/// <param name="Type">An open string; which one a rescan has is not documented.</param>
/// <param name="Status">As the appliance spells it (Running, NeverExecuted, Succeeded, Warning, Failed, Canceled, or one unknown).</param>
/// <param name="Result">As the appliance spells it (Running, Success, Warning, Failed, Cancelled), when told.</param>
/// <param name="Reason">Why it ended so, when told.</param>
/// <param name="StartedAt">Start, UTC; times without a zone are read as UTC.</param>
/// <param name="StoppedAt">Stop, UTC, once it has stopped.</param>
public sealed record ApplianceSession(
    string Id, string? Type, string Status, string? Result, string? Reason,
    DateTimeOffset? StartedAt, DateTimeOffset? StoppedAt)
{
    /// <summary>What it says about being a rescan, by the documentation of its kind of appliance.</summary>
    public SessionNature Nature { get; init; }
}

/// <summary>One line of a session's log. The appliance gives it no id.</summary>
/// <param name="Time">When it was logged, UTC.</param>
/// <param name="Status">As the appliance spells it (Success, Warning, Error, Running, …).</param>
/// <param name="Message">The text.</param>
public sealed record SessionLogItem(DateTimeOffset? Time, string Status, string Message);

/// <summary>What a sign-in established; holds nothing secret.</summary>
/// <param name="ExpiresAt">When the access token runs out, UTC.</param>
/// <param name="ProductVersion">The appliance's product version, when it told.</param>
/// <param name="ApiVersion">The x-api-version in use.</param>
/// <param name="Role">The account's role as the appliance names it, when it told.</param>
public sealed record SignInResult(DateTimeOffset ExpiresAt, string? ProductVersion, string ApiVersion, string? Role = null);
