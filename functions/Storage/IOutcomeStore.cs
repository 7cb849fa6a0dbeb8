namespace Rescan.Functions.Storage;

/// <summary>Keeps outcomes. All writes are conditional: safe to repeat, safe among workers.</summary>
public interface IOutcomeStore
{
    /// <summary>Records the outcome once per request id; a repeat changes nothing.</summary>
    /// <returns>Whether this call recorded it.</returns>
    Task<bool> TryRecordAsync(string requestId, RescanOutcome outcome, CancellationToken cancellationToken);

    /// <summary>The newest outcomes of an instance id, newest first.</summary>
    /// <param name="instanceId">The instance id.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyList<RescanOutcome>> GetRecentAsync(string instanceId, int limit, CancellationToken cancellationToken);

    /// <summary>The newest outcome of every instance id.</summary>
    Task<IReadOnlyList<RescanOutcome>> GetLatestAsync(CancellationToken cancellationToken);

    /// <summary>A page of outcomes, newest first, without their logs.</summary>
    /// <exception cref="FormatException">The continuation token is not one that was handed out here.</exception>
    Task<OutcomePage> ListAsync(OutcomeQuery query, CancellationToken cancellationToken);

    /// <summary>The outcome of one request with its log; null while there is none.</summary>
    Task<RescanOutcome?> GetAsync(string requestId, CancellationToken cancellationToken);

    /// <summary>The last outcomes of each of these instance ids, newest last; ids that have none are left out.</summary>
    /// <param name="instanceIds">The instance ids.</param>
    /// <param name="limit">How many of each at most.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyDictionary<string, IReadOnlyList<OutcomePoint>>> GetHistoryAsync(IReadOnlyCollection<string> instanceIds, int limit, CancellationToken cancellationToken);

    /// <summary>Whether a channel is known to have been told of a request.</summary>
    Task<bool> IsDeliveredAsync(string requestId, string channel, CancellationToken cancellationToken);

    /// <summary>Records that a channel has been told of a request, once per request and channel; a repeat changes nothing.</summary>
    /// <returns>Whether this call recorded it.</returns>
    Task<bool> TryRecordDeliveryAsync(string requestId, string channel, DateTimeOffset at, CancellationToken cancellationToken);
}
