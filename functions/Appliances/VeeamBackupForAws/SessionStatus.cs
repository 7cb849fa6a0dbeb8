namespace Rescan.Functions.Appliances.VeeamBackupForAws;

/// <summary>The appliance's session statuses, as the public swagger of revision 1.0-rev0 lists them.</summary>
public static class SessionStatus
{
    /// <summary>Accepted, not begun.</summary>
    public const string NeverExecuted = "NeverExecuted";

    /// <summary>Under way.</summary>
    public const string Running = "Running";

    /// <summary>Ended well.</summary>
    public const string Succeeded = "Succeeded";

    /// <summary>Ended with warnings.</summary>
    public const string Warning = "Warning";

    /// <summary>Ended with an error.</summary>
    public const string Failed = "Failed";

    /// <summary>Stopped before its end.</summary>
    public const string Canceled = "Canceled";

    /// <summary>Whether the status is one of those documented.</summary>
    public static bool IsKnown(string status) => status is NeverExecuted or Running or Succeeded or Warning or Failed or Canceled;
}
