namespace Rescan.Tests.Runtime.Engine;

public sealed class SqliteEngineTests() : DurableEngineTests(new SqliteTestHub());
