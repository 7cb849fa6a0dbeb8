namespace Rescan.Functions.Api;

/// <summary>
/// What was asked for is not done; becomes problem details (RFC 9457). Its message goes to the caller and holds no secret.
/// </summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">Why, and what would be right.</param>
internal sealed class RequestRefusedException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>When to ask again, where that helps.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
