namespace Rescan.Local.Runtime;

/// <summary>The task hub's state cannot be used: owned by another process, from a newer version, damaged, gone or not writable. The message says which and what to do.</summary>
public class StateStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    public StateStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>Another process owns the task hub.</summary>
public sealed class StateStoreInUseException : StateStoreException
{
    /// <summary>Creates the exception.</summary>
    public StateStoreInUseException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
