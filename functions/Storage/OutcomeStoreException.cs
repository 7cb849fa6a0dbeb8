namespace Rescan.Functions.Storage;

/// <summary>The outcome store cannot be used. The message says why and what to do.</summary>
public sealed class OutcomeStoreException(string message, Exception? innerException = null) : Exception(message, innerException);
