using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Functions.Configuration;

namespace Rescan.Functions.Appliances;

/// <summary>A kind of appliance: what its REST API asks for, and what people are told about it.</summary>
public abstract partial class ApplianceProduct
{
    /// <summary>The setting that lets the client look for a revision itself.</summary>
    public const string Auto = "auto";

    /// <summary>The value of <c>Kind</c> in the settings.</summary>
    public abstract string Kind { get; }

    /// <summary>The value of <c>--kind</c> on the command line.</summary>
    public abstract string ShortKind { get; }

    /// <summary>The product's name.</summary>
    public abstract string Title { get; }

    /// <summary>The port of the REST API unless it was changed.</summary>
    public abstract int DefaultPort { get; }

    /// <summary>The x-api-version where the settings name none.</summary>
    public abstract string DefaultRevision { get; }

    /// <summary>The known revisions with repository rescan, newest first.</summary>
    public abstract IReadOnlyList<string> RevisionsWithRescan { get; }

    /// <summary>The known revisions without it, newest first.</summary>
    public abstract IReadOnlyList<string> RevisionsWithoutRescan { get; }

    /// <summary>The roles with the right to rescan.</summary>
    public abstract IReadOnlyList<string> RolesThatRescan { get; }

    /// <summary>Whether such an appliance tells what it calls itself, so that one is known again at another address.</summary>
    public virtual bool TellsIdentity => false;

    /// <summary>What else a refused user name or password may mean, as a sentence; empty when nothing.</summary>
    internal virtual string RefusedSignIn => "";

    /// <summary>Whether a role may rescan; some revisions write the names without the blank.</summary>
    public bool MayRescan(string role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return RolesThatRescan.Any(r => string.Equals(Letters(r), Letters(role), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether a setting is <c>auto</c> or has the form of a revision.</summary>
    public static bool IsRevisionSetting(string text) => text == Auto || Form().IsMatch(text);

    /// <summary>The revision that an appliance's settings ask for.</summary>
    internal string RevisionOf(ApplianceOptions options) => options.ApiVersion is { Length: > 0 } set ? set : DefaultRevision;

    /// <summary>Makes the client of an appliance.</summary>
    /// <param name="options">The appliance's settings.</param>
    /// <param name="http">Its HTTP client, whose base address is the API's.</param>
    /// <param name="certificate">The certificate that it showed last.</param>
    /// <param name="password">Reads the password whenever a full sign-in is due.</param>
    /// <param name="time">The clock.</param>
    internal abstract IApplianceClient CreateClient(
        ApplianceOptions options, HttpClient http, Func<CertificateSeen?> certificate, Func<CancellationToken, Task<string>> password,
        TimeProvider time);

    /// <summary>Reads the body of an answer that is an error.</summary>
    /// <param name="call">What was asked for.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body; undefined when it is not JSON.</param>
    internal abstract ApplianceProblem ReadProblem(ApplianceCall call, int status, JsonElement body);

    /// <summary>Joins what an error says in words.</summary>
    private protected static string Join(params string?[] parts) =>
        string.Join(": ", parts.Where(t => !string.IsNullOrEmpty(t)).Select(t => t!.Trim().TrimEnd('.')).Distinct());

    private static string Letters(string text) => string.Concat(text.Where(char.IsAsciiLetter));

    [GeneratedRegex(@"\A[0-9]{1,3}\.[0-9]{1,3}-rev[0-9]{1,3}\z")]
    private static partial Regex Form();
}

/// <summary>What an error's body says.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Said">Its words.</param>
/// <param name="IsVersionProblem">Whether it complains about the x-api-version.</param>
internal sealed record ApplianceProblem(string? Code, string Said, bool IsVersionProblem);
