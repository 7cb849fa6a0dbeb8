using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Display;

namespace Rescan.Functions.Api.Callers;

/// <summary>
/// The user whom App Service authentication ("Easy Auth") has signed in, as it hands users to apps:
/// https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities. It removes such headers from what comes from
/// outside, but only where it is switched on; elsewhere anybody could send them, so they are not read.
/// </summary>
internal static class EntraPrincipal
{
    /// <summary>Set by the platform to True where authentication is switched on.</summary>
    internal const string Switch = "WEBSITE_AUTH_ENABLED";

    /// <summary>The app roles that count.</summary>
    public const string RoleNames = "Rescan.Viewer or Rescan.Operator";

    private const string PrincipalHeader = "X-MS-CLIENT-PRINCIPAL";
    private const string NameHeader = "X-MS-CLIENT-PRINCIPAL-NAME";
    private const string IdHeader = "X-MS-CLIENT-PRINCIPAL-ID";
    private const string RolesClaim = "roles";
    private const int LongestName = 100;
    private const int LongestPrincipal = 64 * 1024;

    /// <summary>Set wherever the platform runs an app; Core Tools, which hand on the settings of a file, do not set it.</summary>
    internal const string Site = "WEBSITE_SITE_NAME";

    /// <summary>Whether the platform signs callers in.</summary>
    public static bool IsSetByPlatform => IsSet(Environment.GetEnvironmentVariable);

    internal static bool IsSet(Func<string, string?> environment) =>
        string.Equals(environment(Switch), "True", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(environment(Site));

    /// <summary>The user; one without a role where nobody is signed in, or what the platform says cannot be read.</summary>
    public static Caller Read(HttpRequest request)
    {
        string? encoded = request.Headers[PrincipalHeader].FirstOrDefault();
        string? name = request.Headers[NameHeader].FirstOrDefault() ?? request.Headers[IdHeader].FirstOrDefault();
        return new Caller(
            string.IsNullOrWhiteSpace(name) ? null : SafeText.Line(name, LongestName),
            string.IsNullOrEmpty(encoded) || encoded.Length > LongestPrincipal ? CallerRole.None : RoleOf(encoded));
    }

    private static CallerRole RoleOf(string encoded)
    {
        try
        {
            using JsonDocument principal = JsonDocument.Parse(Convert.FromBase64String(encoded));
            string roleClaim = Text(principal.RootElement, "role_typ") ?? RolesClaim;
            CallerRole role = CallerRole.None;
            foreach (JsonElement claim in principal.RootElement.GetProperty("claims").EnumerateArray())
            {
                string? type = Text(claim, "typ");
                CallerRole said = type == roleClaim || type == RolesClaim
                    ? Text(claim, "val") switch
                    {
                        "Rescan.Viewer" => CallerRole.Viewer,
                        "Rescan.Operator" => CallerRole.Operator,
                        _ => CallerRole.None,
                    }
                    : CallerRole.None;
                role = said > role ? said : role;
            }

            return role;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return CallerRole.None;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
