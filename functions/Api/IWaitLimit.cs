namespace Rescan.Functions.Api;

/// <summary>
/// A feature of a request on hosts that count the requests that wait. Where it is absent, as on Azure, the platform has limits of its own.
/// </summary>
public interface IWaitLimit
{
    /// <summary>Takes a place among those that wait.</summary>
    /// <returns>Gives it back when disposed; null when none is free.</returns>
    IDisposable? TryEnter();
}
