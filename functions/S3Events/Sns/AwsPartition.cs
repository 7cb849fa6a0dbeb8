using System.Text.RegularExpressions;

namespace Rescan.Functions.S3Events.Sns;

/// <summary>
/// A partition of AWS: accounts and regions of their own, and hosts under a suffix of their own. The one table of them, for all checks.
/// </summary>
/// <param name="Id">As it stands in ARNs.</param>
/// <param name="Suffix">What its hosts end in.</param>
/// <param name="Regions">What its regions begin with.</param>
internal sealed partial record AwsPartition(string Id, string Suffix, IReadOnlyList<string> Regions)
{
    /// <summary>All of them, as the endpoint tables of Amazon's SDKs list them.</summary>
    public static IReadOnlyList<AwsPartition> All { get; } =
    [
        new("aws", "amazonaws.com", ["af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-", "us-"]),
        new("aws-cn", "amazonaws.com.cn", ["cn-"]),
        new("aws-us-gov", "amazonaws.com", ["us-gov-"]),
        new("aws-iso", "c2s.ic.gov", ["us-iso-"]),
        new("aws-iso-b", "sc2s.sgov.gov", ["us-isob-"]),
        new("aws-iso-e", "cloud.adc-e.uk", ["eu-isoe-"]),
        new("aws-iso-f", "csp.hci.ic.gov", ["us-isof-"]),
        new("aws-eusc", "amazonaws.eu", ["eusc-"]),
    ];

    /// <summary>Whether a text is the ARN of a topic.</summary>
    public static bool IsTopic(string arn) => OfTopic(arn) is not null;

    /// <summary>The partition of a topic; null when the text is not the ARN of one.</summary>
    public static AwsPartition? OfTopic(string arn) =>
        Topic().Match(arn) is { Success: true } match
        && All.FirstOrDefault(p => p.Id == match.Groups["partition"].Value) is { } partition
        && partition.HasRegion(match.Groups["region"].Value) ? partition : null;

    /// <summary>
    /// Whether a host is that of SNS in a region of this partition. The host must name a region: sns.s3.amazonaws.com, for one, is a
    /// bucket that anyone could have made.
    /// </summary>
    public bool IsSns(string host) =>
        host.StartsWith("sns.", StringComparison.Ordinal) && host.EndsWith("." + Suffix, StringComparison.Ordinal)
        && host.Length > "sns.".Length + Suffix.Length + 1 && HasRegion(host["sns.".Length..^(Suffix.Length + 1)]);

    private bool HasRegion(string region) =>
        Region().IsMatch(region)
        && All.SelectMany(p => p.Regions.Select(r => (Partition: p, Start: r)))
        .Where(r => region.StartsWith(r.Start, StringComparison.Ordinal)).MaxBy(r => r.Start.Length).Partition == this;

    [GeneratedRegex(@"\Aarn:(?<partition>aws(-[a-z]+)*):sns:(?<region>[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}\z")]
    private static partial Regex Topic();

    [GeneratedRegex(@"\A[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\z")]
    private static partial Regex Region();
}
