using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Rescan.Tests.Support.LongestFirst", "Rescan.Tests")]

namespace Rescan.Tests.Support;

/// <summary>Begins with what takes minutes, so that nothing long is left to run alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>The browser's tests run one after another, so all of them together are one long test.</summary>
    private static readonly string[] Long =
    [
        "browser", "OrdersTests", "VeeamBackupAndReplicationFaultTableTests", "KilledRunTests", "PublishTests",
        "VeeamBackupForAwsFaultTableTests", "CrashMatrixTests", "RunAgainstStrictServerTests", "AzureConformanceTests", "EnduranceTests",
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(
            c => Array.FindIndex(Long, name => c.DisplayName.EndsWith(name, StringComparison.Ordinal)) is var place and >= 0
            ? place
            : Long.Length);
}
