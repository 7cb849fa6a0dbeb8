using Rescan.Functions.Storage;

namespace Rescan.Functions.Rescans;

/// <summary>A repository of a configured appliance.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="Id">The repository's uuid.</param>
/// <param name="Name">Its display name.</param>
/// <param name="Bucket">The S3 bucket, where the appliance tells it.</param>
/// <param name="Folder">The folder in the bucket, where the appliance tells it.</param>
/// <param name="Running">Whether a rescan runs.</param>
/// <param name="LastOutcome">The last outcome, without its log; null before the first.</param>
/// <param name="History">The last outcomes, newest last, at most 20.</param>
public sealed record RepositoryView(
    string Appliance, string Id, string Name, string? Bucket, string? Folder, bool Running, RescanOutcome? LastOutcome,
    IReadOnlyList<OutcomePoint> History)
{
    /// <summary>What it is, as the appliance spells it; null where it has but one type.</summary>
    public string? Type { get; init; }

    /// <summary>Why runs leave it out unless they name it; null when they take it.</summary>
    public string? LeftOutOfRuns { get; init; }
}

/// <summary>An appliance that did not list its repositories.</summary>
/// <param name="Appliance">Its configured name.</param>
/// <param name="Answers">True when it answered and refused, as for a wrong password or a certificate that is not trusted.</param>
/// <param name="Error">Why not.</param>
/// <param name="Since">Since when this app has seen it so, UTC.</param>
public sealed record ApplianceErrorView(string Appliance, bool Answers, string Error, DateTimeOffset Since);

/// <summary>The repositories of all configured appliances.</summary>
/// <param name="Items">Those that were listed, and of appliances that did not answer those that outcomes are known of.</param>
/// <param name="Appliances">The names of all configured appliances.</param>
/// <param name="Errors">Appliances that did not list their repositories.</param>
/// <param name="Warnings">What the operator should look into, such as two appliances that share a folder.</param>
public sealed record RepositoryList(
    IReadOnlyList<RepositoryView> Items, IReadOnlyList<string> Appliances, IReadOnlyList<ApplianceErrorView> Errors,
    IReadOnlyList<string> Warnings);
