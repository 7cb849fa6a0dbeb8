namespace Rescan.Functions.Appliances;

/// <summary>
/// The REST API of one appliance, whatever its kind. Every method throws <see cref="ApplianceException"/> for whatever the appliance or
/// the way to it did wrong.
/// </summary>
public interface IApplianceClient
{
    /// <summary>The appliance's configured name.</summary>
    string Name { get; }

    /// <summary>The appliance's clock minus ours, as far as it is known; null before it has been told.</summary>
    TimeSpan? ClockOffset { get; }

    /// <summary>Makes sure a live token is held, that the revision in use has rescan, and that the appliance's clock is known.</summary>
    Task<SignInResult> SignInAsync(CancellationToken cancellationToken);

    /// <summary>Signs in, and learns what else there is to know before a first rescan.</summary>
    Task<ApplianceProbe> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Signs out if signed in; never throws for an appliance that does not answer.</summary>
    Task SignOutAsync(CancellationToken cancellationToken);

    /// <summary>All repositories, every page.</summary>
    Task<IReadOnlyList<Repository>> GetRepositoriesAsync(CancellationToken cancellationToken);

    /// <summary>Posts the rescan once (never retried by the HTTP layer).</summary>
    /// <returns>The session's id; null when the appliance accepted the request but named no session.</returns>
    Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken);

    /// <summary>One session.</summary>
    Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>
    /// Sessions started at or after a time by the appliance's clock, each with what it says about being a rescan, newest first.
    /// </summary>
    Task<IReadOnlyList<ApplianceSession>> FindRescanCandidatesAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>The session's whole log as it stands now, oldest first.</summary>
    Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>Asks the appliance to stop the session.</summary>
    Task StopSessionAsync(string sessionId, CancellationToken cancellationToken);
}

/// <summary>Hands out the one client of each configured appliance.</summary>
public interface IApplianceClients
{
    /// <summary>Names of all configured appliances, as configured.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The client of an appliance.</summary>
    /// <param name="appliance">Its name, compared without case.</param>
    /// <exception cref="UnknownApplianceException">No appliance of that name is configured.</exception>
    IApplianceClient Get(string appliance);
}

/// <summary>No appliance of that name is configured, perhaps not any more.</summary>
public sealed class UnknownApplianceException(string message) : KeyNotFoundException(message);
