namespace Rescan.Local.Runtime;

/// <summary>The state file cannot be used: locked, from a newer version, damaged or not writable. The message says which and what to do.</summary>
public sealed class StateStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    public StateStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
