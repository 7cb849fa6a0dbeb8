namespace Rescan.Functions.Appliances;

/// <summary>A kind of request: what messages call it, how it is counted, and how large an answer is read.</summary>
/// <param name="What">Its name in messages.</param>
/// <param name="Count">Counts one request.</param>
/// <param name="MaxBody">The largest body read, in bytes.</param>
internal sealed record ApplianceCall(string What, Action<RequestCounts> Count, int MaxBody = 1024 * 1024)
{
    public static readonly HttpRequestOptionsKey<ApplianceCall> Key = new("Rescan.ApplianceCall");

    public static readonly ApplianceCall SignIn = new("sign-in", t => t.Token++);
    public static readonly ApplianceCall Refresh = new("renewal of the token", t => t.Token++);
    public static readonly ApplianceCall SignOut = new("sign-out", t => t.Token++);
    public static readonly ApplianceCall Version = new("version", t => t.Other++);
    public static readonly ApplianceCall Repositories = new("repositories", t => t.Repositories++, 8 * 1024 * 1024);
    public static readonly ApplianceCall Rescan = new("rescan", t => t.Rescan++);
    public static readonly ApplianceCall Session = new("session", t => t.Session++);
    public static readonly ApplianceCall Sessions = new("sessions", t => t.Session++, 8 * 1024 * 1024);
    public static readonly ApplianceCall Log = new("session log", t => t.Log++, 16 * 1024 * 1024);
    public static readonly ApplianceCall Stop = new("stop", t => t.Stop++);

    /// <summary>Whether sending it twice does what sending it once does, so that a short hiccup may be repeated at once.</summary>
    public bool MayRepeat => this != Rescan && this != Stop && this != SignOut;

    /// <summary>Whether it shows the password or the refresh token.</summary>
    public bool IsGrant => this == SignIn || this == Refresh;
}
