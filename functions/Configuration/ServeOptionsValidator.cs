using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Names every fault of the settings of serving at once; a key is never repeated.</summary>
internal sealed partial class ServeOptionsValidator : IValidateOptions<ServeOptions>
{
    private const int ShortestKey = 16;
    private const int MostRequests = 1_000_000;
    private static readonly string[] Roles = ["Viewer", "Operator"];

    public ValidateOptionsResult Validate(string? name, ServeOptions options)
    {
        List<string> faults = [];
        void Key(string key, string? value)
        {
            if (SecretText.IsUnresolved(value))
            {
                faults.Add($"Rescan__{key}: {SecretText.Unresolved}");
            }
            else if (value is { Length: > 0 and < ShortestKey })
            {
                faults.Add($"Rescan__{key}: a key of at least {ShortestKey} characters, such as openssl rand -hex 24 prints");
            }
            else if (value?.Any(c => c is <= ' ' or > '~') == true)
            {
                faults.Add($"Rescan__{key}: letters, digits and signs of ASCII without blanks, since a key travels in a header");
            }
        }

        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        void Named(string setting, KeyOptions options)
        {
            if (!Name().IsMatch(options.Name))
            {
                faults.Add($"Rescan__{setting}__Name: letters, digits, dot, hyphen, underscore and @, at most 64");
            }
            else if (!names.TryAdd(options.Name, setting))
            {
                faults.Add($"Rescan__{setting}__Name: Rescan__{names[options.Name]} has this name already");
            }

            if (!Roles.Contains(options.Role.Trim(), StringComparer.OrdinalIgnoreCase))
            {
                faults.Add($"Rescan__{setting}__Role: Viewer, which looks, or Operator, which also starts, cancels, repeats and pauses");
            }

            string place = string.IsNullOrWhiteSpace(options.KeyFile) ? setting + "__Key" : setting + "__KeyFile";
            (string? key, string? fault) = KeyFile.KeyOf(options);
            if (fault is not null || string.IsNullOrEmpty(key))
            {
                faults.Add($"Rescan__{place}: {fault ?? $"a key of at least {ShortestKey} characters, or KeyFile, a file with one"}");
                return;
            }

            Key(place, key);
            Once(place, key);
        }

        // One key with two names, or two roles, would do as its first place says.
        void Once(string place, string key)
        {
            if (!places.TryAdd(key, place))
            {
                faults.Add($"Rescan__{place}: the same key stands in Rescan__{places[key]}");
            }
        }

        void Requests(string key, int value)
        {
            if (value is < 1 or > MostRequests)
            {
                faults.Add($"Rescan__{key}: a whole number from 1 to {MostRequests}");
            }
        }

        Key("Key", options.Key);
        if (options.Key is { Length: > 0 } plain)
        {
            Once("Key", plain);
        }

        foreach ((int index, KeyOptions key) in options.Keys.Index().Where(k => !k.Item.IsBlank()))
        {
            Named($"Keys__{index}", key);
        }

        foreach ((int index, string host) in options.AllowedHosts.Index())
        {
            if (host.Length > 0 && Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
            {
                faults.Add($"Rescan__AllowedHosts__{index}: a host name without a port, such as rescan.example");
            }
        }

        foreach ((int index, string origin) in options.AllowedOrigins.Index())
        {
            if (origin.Length > 0
                && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? site)
                    && site.GetLeftPart(UriPartial.Authority) == origin.TrimEnd('/')))
            {
                faults.Add($"Rescan__AllowedOrigins__{index}: a site, such as https://portal.example");
            }
        }

        Requests("RequestsPerSecond", options.RequestsPerSecond);
        Requests("RequestBurst", options.RequestBurst);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    [GeneratedRegex(@"\A[\p{L}\p{Nd}._@-]{1,64}\z")]
    private static partial Regex Name();
}
