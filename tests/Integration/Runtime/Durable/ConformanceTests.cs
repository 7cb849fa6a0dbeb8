namespace Rescan.Tests.Integration.Runtime.Durable;

/// <summary>
/// What the engine does on any storage provider; run once for each, with the real parts. Instances have ids of their own:
/// a hub serves all tests of a provider.
/// </summary>
public abstract partial class ConformanceTests(EngineFixture engine)
{
    private static string NewId(string prefix = "i") => $"{prefix}-{Guid.NewGuid():N}";

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed class SqliteConformanceTests(SqliteEngine engine) : ConformanceTests(engine), IClassFixture<SqliteEngine>;

public sealed class AzureConformanceTests(AzureEngine engine) : ConformanceTests(engine), IClassFixture<AzureEngine>;
