using System.Globalization;

namespace Rescan.Functions.Appliances;

/// <summary>How much is kept of a session's log, so that it fits an outcome: the first items and, of a longer log, the last one.</summary>
internal static class SessionLogLimits
{
    /// <summary>The items kept, the line about those missing included.</summary>
    public const int Items = 2000;

    /// <summary>The characters kept of all messages.</summary>
    public const int Characters = 200_000;

    /// <summary>The characters kept of one message.</summary>
    public const int Message = 4000;

    /// <summary>The characters that the last message and the line about those missing may need.</summary>
    public const int Reserve = Message + 200;

    /// <summary>The line that stands for the items that are left out.</summary>
    public static SessionLogItem Gap(DateTimeOffset? time, int missing) => new(
        time, LogStatus.Warning,
        string.Create(CultureInfo.InvariantCulture, $"{missing} items are left out here; the appliance has the whole log."));

    /// <summary>The line after the last item that is kept.</summary>
    public static SessionLogItem Rest(DateTimeOffset? time, int missing) => new(
        time, LogStatus.Warning,
        string.Create(CultureInfo.InvariantCulture, $"The log goes on for {missing} more items on the appliance."));
}
