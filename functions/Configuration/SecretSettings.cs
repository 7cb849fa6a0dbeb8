using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>
/// Reads secrets of a hook that stand in settings. A Key Vault reference that the platform has not resolved counts as unset: it leaves
/// the reference itself in the setting's place, and a hook whose secret nobody has put into the vault yet must not keep the app from
/// starting.
/// </summary>
/// <param name="key">The setting, as environment variables name it.</param>
/// <param name="secrets">Its values.</param>
/// <param name="log">Says which settings.</param>
internal sealed class SecretSettings<TOptions>(string key, Func<TOptions, IList<string>> secrets, ILogger<SecretSettings<TOptions>> log)
    : IPostConfigureOptions<TOptions>
    where TOptions : class
{
    public void PostConfigure(string? name, TOptions options)
    {
        IList<string> values = secrets(options);
        for (int i = 0; i < values.Count; i++)
        {
            values[i] = SecretText.Of(values[i]);
            if (SecretText.IsUnresolved(values[i]))
            {
                values[i] = "";
                log.LogWarning("{Key}__{Index} counts as unset: {Reason}", key, i, SecretText.Unresolved);
            }
        }
    }
}
