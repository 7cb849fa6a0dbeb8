using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary>A session's log as <c>rescan log</c> prints it.</summary>
internal static class LogLines
{
    private const int StatusWidth = 12;

    /// <summary>Whose log it is, and how the rescan ended.</summary>
    public static string Head(RescanView rescan)
    {
        string stands = rescan.Outcome?.Outcome.ToString() ?? rescan.Phase?.ToString() ?? rescan.Status;
        string reason = rescan.Outcome?.Reason is { Length: > 0 } why ? ": " + why : "";
        return Words.Line($"{rescan.Repository.Name} on {rescan.Appliance}: {stands}{reason}");
    }

    public static string Of(SessionLogItem item) => string.Create(
        CultureInfo.InvariantCulture,
        $"{item.Time?.UtcDateTime:yyyy-MM-dd HH:mm:ss}  {Words.Cut(Words.Line(item.Status), StatusWidth),-StatusWidth}  {Words.Line(item.Message)}");
}
