using System.CommandLine;
using System.Globalization;

namespace Rescan.Local.Cli;

/// <summary>The options that name one appliance.</summary>
internal sealed class ApplianceArguments
{
    private readonly Option<string> baseUrl = new("--base-url") { Description = "https://HOST:PORT of the appliance's REST API (port 11005 unless changed)", Required = true };
    private readonly Option<string> username = new("--username", "-u") { Description = "the account, best a Portal Operator without MFA", Required = true };
    private readonly Option<bool> passwordStdin = new("--password-stdin") { Description = "read the password from the first line of stdin (else from RESCAN_PASSWORD)" };
    private readonly Option<string[]> thumbprints = new("--thumbprint") { Description = "SHA-256 thumbprint of an accepted certificate; may be repeated" };
    private readonly Option<string> apiVersion = new("--api-version") { Description = "x-api-version, or auto", DefaultValueFactory = _ => "1.0-rev0" };
    private readonly Option<string?> name = new("--name") { Description = "a short name for the appliance in ids; its host and port unless given" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { baseUrl, username, passwordStdin, thumbprints, apiVersion, name })
        {
            command.Add(option);
        }
    }

    /// <summary>The settings that they stand for, and those of the environment that are not about appliances; the first is the appliance's name.</summary>
    public List<KeyValuePair<string, string?>> Read(ParseResult parse)
    {
        if (!Uri.TryCreate(parse.GetValue(baseUrl), UriKind.Absolute, out Uri? url) || url.Scheme != Uri.UriSchemeHttps)
        {
            throw new CommandException(ExitCodes.Usage, $"--base-url '{parse.GetValue(baseUrl)}' must be an https:// address such as https://appliance.example:11005.");
        }

        string? password = parse.GetValue(passwordStdin) ? Console.In.ReadLine() : Environment.GetEnvironmentVariable("RESCAN_PASSWORD");
        if (string.IsNullOrEmpty(password))
        {
            throw new CommandException(ExitCodes.Usage, "No password: give --password-stdin and write it to stdin, or set RESCAN_PASSWORD.");
        }

        List<KeyValuePair<string, string?>> settings =
        [
            new("Rescan__Appliances__0__Name", parse.GetValue(name) ?? string.Create(CultureInfo.InvariantCulture, $"{url.Host.Trim('[', ']').Replace(':', '.')}-{url.Port}")),
            new("Rescan__Appliances__0__BaseUrl", url.AbsoluteUri),
            new("Rescan__Appliances__0__Username", parse.GetValue(username)),
            new("Rescan__Appliances__0__Password", password),
            new("Rescan__Appliances__0__ApiVersion", parse.GetValue(apiVersion)),
            .. EnvironmentSettings.Read().Where(s => !s.Key.StartsWith("Rescan__Appliances__", StringComparison.OrdinalIgnoreCase)),
        ];
        settings.AddRange((parse.GetValue(thumbprints) ?? []).Select((t, i) => new KeyValuePair<string, string?>($"Rescan__Appliances__0__Thumbprints__{i}", t)));
        return settings;
    }
}
