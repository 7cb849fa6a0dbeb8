using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;

namespace Rescan.Local.Cli;

/// <summary>Shows a rescan while it runs, on stderr.</summary>
internal interface IProgressView
{
    /// <summary>Something worth a line.</summary>
    void Say(string text);

    /// <summary>A log item that appeared or changed.</summary>
    void Log(SessionLogItem item);

    /// <summary>Where the rescan stands; called several times a second.</summary>
    void Stand(RescanView rescan, IReadOnlyList<SessionLogItem> log);
}
