using System.ComponentModel.DataAnnotations;

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
    /// The function key that callers of <c>rescan serve</c> must show, of at least 16 characters; its callers are operators. A key is
    /// needed to listen wider than loopback.
    /// </summary>
    public string? Key { get; set; }

    /// <summary>Further keys, each with a name and a role; also to change one without a gap.</summary>
    public IList<KeyOptions> Keys { get; init; } = [];

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

    /// <summary>Every key that is set, the one without a name first.</summary>
    public IReadOnlyList<KeyOptions> AllKeys() =>
        [.. Keys.Select(k => new KeyOptions { Name = k.Name, Role = k.Role, Key = KeyFile.KeyOf(k).Key })
            .Prepend(new KeyOptions { Key = Key })
            .Where(k => k.Key is { Length: > 0 })];
}

/// <summary>A key of callers.</summary>
public sealed class KeyOptions
{
    /// <summary>
    /// The holder of the key, such as <c>backup-team</c>: letters, digits, dot, hyphen, underscore and @, at most 64. Outcomes, the page
    /// and messages show it for whoever started or canceled.
    /// </summary>
    public string Name { get; set; } = "";

    /// <summary>The key, of at least 16 characters. An entry that has neither name nor key is passed over.</summary>
    public string? Key { get; set; }

    /// <summary>A file that holds the key and nothing else, instead of the key itself; read at the start.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Whether nothing is set that could be meant for somebody.</summary>
    internal bool IsBlank() => string.IsNullOrWhiteSpace(Name) && string.IsNullOrEmpty(Key) && string.IsNullOrWhiteSpace(KeyFile);

    /// <summary>What its callers may do: <c>Viewer</c> looks, <c>Operator</c> also starts, cancels, repeats and pauses.</summary>
    [AllowedValues("Viewer", "Operator")]
    public string Role { get; set; } = "Operator";
}
