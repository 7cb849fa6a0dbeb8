namespace Rescan.Tests.Runtime.Engine;

public sealed class AzureEngineTests() : DurableEngineTests(new AzureTestHub());
