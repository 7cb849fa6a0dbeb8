using System.Text.RegularExpressions;

namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>Revisions of the REST API (x-api-version). Repository rescan was dropped with 1.4-rev0, as the breaking changes of product 6.0 say.</summary>
internal static partial class ApplianceRevisions
{
    /// <summary>The setting that lets the client look for a revision itself.</summary>
    public const string Auto = "auto";

    /// <summary>Those with repository rescan, newest first.</summary>
    public static IReadOnlyList<string> WithRescan { get; } = ["1.3-rev0", "1.2-rev0", "1.1-rev0", "1.0-rev0"];

    /// <summary>Those known to lack it, newest first.</summary>
    public static IReadOnlyList<string> WithoutRescan { get; } = ["1.8-rev0", "1.7-rev0", "1.6-rev0", "1.5-rev1", "1.5-rev0", "1.4-rev0"];

    /// <summary>Whether a setting is <c>auto</c> or has the form of a revision.</summary>
    public static bool IsSetting(string text) => text == Auto || Form().IsMatch(text);

    [GeneratedRegex(@"\A[0-9]{1,3}\.[0-9]{1,3}-rev[0-9]{1,3}\z")]
    private static partial Regex Form();
}
