using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Names every fault of the settings of serving at once; a key is never repeated.</summary>
internal sealed partial class ServeOptionsValidator : IValidateOptions<ServeOptions>
{
    private const int ShortestKey = 16;
    private const int MostRequests = 1_000_000;

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
        }

        void Named(int index, KeyOptions key)
        {
            if (!Name().IsMatch(key.Name))
            {
                faults.Add($"Rescan__Keys__{index}__Name: letters, digits, dot, hyphen, underscore and @, at most 64");
            }
            else if (options.Keys.Take(index).Any(k => k.Key is { Length: > 0 } && string.Equals(k.Name, key.Name, StringComparison.OrdinalIgnoreCase)))
            {
                faults.Add($"Rescan__Keys__{index}__Name: another key has this name");
            }

            if (key.Role is not ("Viewer" or "Operator"))
            {
                faults.Add($"Rescan__Keys__{index}__Role: Viewer or Operator");
            }

            // One key with two names, or two roles, would do as its first place says.
            if (options.Keys.Take(index).Select(k => k.Key).Append(options.Key).Contains(key.Key))
            {
                faults.Add($"Rescan__Keys__{index}__Key: the same key stands in another place");
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
        foreach ((int index, KeyOptions key) in options.Keys.Index())
        {
            Key($"Keys__{index}__Key", key.Key);
            if (key.Key is { Length: > 0 })
            {
                Named(index, key);
            }
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
                && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? site) && site.GetLeftPart(UriPartial.Authority) == origin.TrimEnd('/')))
            {
                faults.Add($"Rescan__AllowedOrigins__{index}: a site, such as https://portal.example");
            }
        }

        Requests("RequestsPerSecond", options.RequestsPerSecond);
        Requests("RequestBurst", options.RequestBurst);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    [GeneratedRegex(@"^[\p{L}\p{Nd}._@-]{1,64}$")]
    private static partial Regex Name();
}
