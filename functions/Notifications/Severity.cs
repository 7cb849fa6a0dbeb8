using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>What an outcome means to the people who look after a repository.</summary>
public enum Severity
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>It ended, with something to look at.</summary>
    Warning,

    /// <summary>Somebody ended it; it says nothing of the repository.</summary>
    Canceled,

    /// <summary>The repository was not rescanned, or nobody knows.</summary>
    Bad,
}

/// <summary>Sorts outcomes by what they mean.</summary>
public static class Severities
{
    /// <summary>What an outcome means.</summary>
    public static Severity Severity(this Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => Notifications.Severity.Good,
        Outcome.Warning => Notifications.Severity.Warning,
        Outcome.Canceled => Notifications.Severity.Canceled,
        _ => Notifications.Severity.Bad,
    };
}
