using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Rescans;

/// <summary>How long a POST may be under way.</summary>
public sealed record PostLimits
{
    /// <summary>Those of the settings.</summary>
    public PostLimits(IOptions<RescanOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Longest = options.Value.LostAnswerWait;
    }

    /// <summary>A POST without an answer may act for this long. Only after that does a missing session mean that there is none.</summary>
    public TimeSpan Longest { get; init; }

    /// <summary>
    /// The most time between writing the intent and sending the POST. A process that was stopped for longer
    /// may have lost the work to another.
    /// </summary>
    public TimeSpan Fresh { get; init; } = TimeSpan.FromSeconds(10);
}
