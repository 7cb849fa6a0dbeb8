namespace Rescan.Functions.Configuration;

/// <summary>
/// A secret could not be read from Key Vault. The message names the vault, the secret and what to do; it never holds a value.
/// </summary>
/// <param name="message">What was wrong.</param>
/// <param name="isTransient">Whether reading it again may succeed without anybody's doing.</param>
/// <param name="retryAfter">How long the vault asked to wait.</param>
/// <param name="innerException">The cause.</param>
internal sealed class SecretUnavailableException(
    string message, bool isTransient, TimeSpan? retryAfter = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether reading it again may succeed without anybody's doing.</summary>
    public bool IsTransient { get; } = isTransient;

    /// <summary>How long the vault asked to wait, when it did.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
