using System.CommandLine;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Settings;

namespace Rescan.Local.Cli.Start;

/// <summary>The options that name a server: <c>rescan serve</c>, or the app in Azure.</summary>
internal sealed class ServerArguments
{
    /// <summary>The environment variable that may hold the address.</summary>
    public const string UrlVariable = "RESCAN_URL";

    /// <summary>The environment variable that may hold the key.</summary>
    public const string KeyVariable = "RESCAN_KEY";

    private const string Usual = "http://127.0.0.1:7071";

    private readonly Option<string?> url = new("--url")
    {
        HelpName = "URL", Description = $"where the server answers (else {UrlVariable}, else {Usual})",
    };
    private readonly Option<string> settings = SettingsFile.Option();

    public void AddTo(Command command)
    {
        command.Add(url);
        command.Add(settings);
    }

    /// <summary>Whether a server is named, on the command line or in the environment.</summary>
    public bool IsGiven(ParseResult parse) => (parse.GetValue(url) ?? Variable(UrlVariable)) is not null;

    /// <summary>The settings that its options name.</summary>
    public IReadOnlyDictionary<string, string?> SettingsOf(ParseResult parse) => SettingsFile.Read(parse, settings);

    /// <summary>The settings that its options name, with the faults that they may have.</summary>
    public SettingsFile FileOf(ParseResult parse) => SettingsFile.Load(parse, settings);

    /// <summary>The server's API. Its key is <see cref="KeyVariable"/>, else one that the settings have.</summary>
    /// <exception cref="CommandException">The address is none.</exception>
    public OwnerClient Open(ParseResult parse)
    {
        string given = parse.GetValue(url) ?? Variable(UrlVariable) ?? Usual;
        if (!Uri.TryCreate(given, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new CommandException(
                ExitCodes.Usage, $"'{given}' is no address of a server; it is like {Usual} or https://APP.azurewebsites.net.");
        }

        if (address.UserInfo.Length > 0 || address.Query.Length > 0)
        {
            throw new CommandException(
                ExitCodes.Usage,
                $"The server's address holds a secret, which would be logged. Put the key into "
                    + $"{KeyVariable} and leave it out of the address.");
        }

        return new OwnerClient(
            new Uri(address.GetLeftPart(UriPartial.Authority)),
            Key(SettingsFile.Read(parse, settings)));
    }

    /// <summary>
    /// The key that is shown to a server: the one given, else the settings' own, else the first of an operator that they have, else the
    /// first of all; null for none.
    /// </summary>
    public static string? Key(IReadOnlyDictionary<string, string?> settings)
    {
        if (Variable(KeyVariable) is { } given)
        {
            return given;
        }

        ServeOptions serve = AppHost.Configure(settings).ReadServeOptions();
        return string.IsNullOrEmpty(serve.Key) ? AppHost.KeysOf(serve).MaxBy(k => k.Caller.Role)?.Key : serve.Key;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
