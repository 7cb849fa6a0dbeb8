namespace Rescan.Local.Runtime.Durable;

/// <summary>
/// The task hub cannot be used: owned by another process, from a newer version, damaged, gone or not writable. The
/// message says which and what to do.
/// </summary>
public class TaskHubException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Another process owns the task hub.</summary>
public sealed class TaskHubInUseException(string message, Exception? innerException = null) : TaskHubException(message, innerException);
