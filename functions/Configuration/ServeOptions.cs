namespace Rescan.Functions.Configuration;

/// <summary>
/// Who may call the app, and how often, where it is served without Azure. The Functions host has keys and limits of its own and reads none
/// of these; they are known to it since one settings file may serve both.
/// </summary>
public sealed class ServeOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Rescan";

    /// <summary>
    /// The function key that callers of <c>rescan serve</c> must show, of at least 16 characters; needed to listen wider than loopback.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>A further key, accepted as well, so that one can be changed without a gap; blank entries are passed over.</summary>
    public IList<string> Keys { get; init; } = [];

    /// <summary>
    /// A host name, besides those of loopback, that requests to <c>rescan serve</c> may name, such as <c>rescan.example</c>. Without a key
    /// no other is served; with one any is, unless this is set.
    /// </summary>
    public IList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// A site, such as <c>https://portal.example</c>, whose pages may change something at <c>rescan serve</c>; the status page always may.
    /// </summary>
    public IList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Requests a second that each caller of <c>rescan serve</c> may make for long; 1 to 1000000.</summary>
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>Requests that each caller of <c>rescan serve</c> may make at once; 1 to 1000000.</summary>
    public int RequestBurst { get; set; } = 1000;

    /// <summary>Every key that is set.</summary>
    public IReadOnlyList<string> AllKeys() => [.. Keys.Prepend(Key).OfType<string>().Where(k => k.Length > 0)];
}
