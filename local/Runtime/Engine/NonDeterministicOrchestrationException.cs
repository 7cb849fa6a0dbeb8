namespace Rescan.Local.Runtime;

/// <summary>A replay took another path than the history records. The message names the event expected and the call made.</summary>
public sealed class NonDeterministicOrchestrationException(string message) : Exception(message);
