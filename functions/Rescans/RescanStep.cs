namespace Rescan.Functions.Rescans;

/// <summary>What a rescan does next.</summary>
public enum RescanAction
{
    /// <summary>Get a token, and learn whether the appliance can rescan.</summary>
    SignIn,

    /// <summary>Post the rescan.</summary>
    Start,

    /// <summary>Look for a session that an earlier post may have started; post nothing.</summary>
    Find,

    /// <summary>Look at the session.</summary>
    Poll,

    /// <summary>Ask the appliance to stop the session.</summary>
    Stop,

    /// <summary>Write the outcome down.</summary>
    Record,
}

/// <summary>What a rescan's transitions go by, besides its state: the same at every replay.</summary>
/// <param name="Request">The rescan.</param>
/// <param name="InstanceId">Spreads the polls of instances.</param>
/// <param name="Now">The orchestration's time, UTC.</param>
public sealed record RescanMoment(RescanRequest Request, string InstanceId, DateTimeOffset Now);

/// <summary>Where a transition leads.</summary>
/// <param name="State">The new state.</param>
/// <param name="Wait">How long to wait before the next action; zero: none. A cancel ends the wait.</param>
public readonly record struct RescanStep(RescanState State, TimeSpan Wait = default);
