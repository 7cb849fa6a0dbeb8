using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Names every fault of the settings of serving at once; a key is never repeated.</summary>
internal sealed class ServeOptionsValidator : IValidateOptions<ServeOptions>
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

        void Requests(string key, int value)
        {
            if (value is < 1 or > MostRequests)
            {
                faults.Add($"Rescan__{key}: a whole number from 1 to {MostRequests}");
            }
        }

        Key("Key", options.Key);
        foreach ((int index, string key) in options.Keys.Index())
        {
            Key($"Keys__{index}", key);
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
}
