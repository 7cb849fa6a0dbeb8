using System.CommandLine;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Local.Cli.Errors;
using Rescan.Local.Cli.Settings;

namespace Rescan.Local.Cli;

/// <summary>The options that name one appliance.</summary>
internal sealed class ApplianceArguments
{
    /// <summary>The environment variable that may hold the password.</summary>
    public const string PasswordVariable = "RESCAN_PASSWORD";

    private const string Key = "Rescan__Appliances__0__";

    private readonly Option<string> kind = KindOption();

    private readonly Option<string?> baseUrl = BaseUrlOption(required: true);
    private readonly Option<string?> username = UsernameOption(required: true);
    private readonly Option<bool> passwordStdin = PasswordStdinOption();
    private readonly Option<string?> passwordFile = PasswordFileOption();
    private readonly Option<string[]> thumbprints = new("--thumbprint")
    {
        HelpName = "SHA256",
        Description = "SHA-256 thumbprint of an accepted certificate; may be repeated. Without one the system's roots decide",
    };
    private readonly Option<string?> apiVersion = new("--api-version")
    {
        HelpName = "REVISION", Description = $"x-api-version, or auto; unless given {OfKinds(p => p.DefaultRevision)}",
    };

    private readonly Option<string?> name = NameOption();

    /// <summary>The option that says what an appliance is.</summary>
    public static Option<string> KindOption() => new Option<string>("--kind")
    {
        HelpName = "KIND",
        Description = "what the appliance is: " + string.Join(", ", ApplianceProducts.All.Select(p => $"{p.ShortKind} ({p.Title})")),
        DefaultValueFactory = _ => ApplianceProducts.All[0].ShortKind,
    }.AcceptOnlyFromAmong([.. ApplianceProducts.All.Select(p => p.ShortKind)]);

    /// <summary>The option that says where it is.</summary>
    public static Option<string?> BaseUrlOption(bool required) => new("--base-url")
    {
        HelpName = "URL",
        Description = $"https://HOST:PORT of the appliance's REST API; ports unless changed: {OfKinds(p => p.DefaultPort)}",
        Required = required,
    };

    /// <summary>The option that says who signs in.</summary>
    public static Option<string?> UsernameOption(bool required) => new("--username", "-u")
    {
        HelpName = "NAME", Description = $"the account, without MFA: {OfKinds(p => p.RolesThatRescan[^1])}", Required = required,
    };

    /// <summary>The option that says where the password comes from.</summary>
    public static Option<bool> PasswordStdinOption() => new("--password-stdin")
    {
        Description = $"read the password from the first line of stdin (else from {PasswordVariable})",
    };

    /// <summary>The option that names the file with the password.</summary>
    public static Option<string?> PasswordFileOption() =>
        new("--password-file") { HelpName = "FILE", Description = "read the password from the first line of a file" };

    /// <summary>The option that says what it is called.</summary>
    public static Option<string?> NameOption() =>
        new("--name") { HelpName = "NAME", Description = "a short name for the appliance in ids; its host and port unless given" };

    /// <summary>The password that was given without a question; null when none was.</summary>
    /// <exception cref="CommandException">It was to be on stdin or in a file and is not.</exception>
    public static string? PasswordOf(bool onStdin, string? file) =>
        file is not null ? FirstLineOf(file, onStdin)
        : !onStdin ? Environment.GetEnvironmentVariable(PasswordVariable) is { Length: > 0 } set ? set : null
        : Console.In.ReadLine() is { Length: > 0 } line ? line
        : throw new CommandException(ExitCodes.Usage, "No password: --password-stdin was given, but stdin has no first line.");

    /// <summary>The kind that <see cref="KindOption"/> names.</summary>
    public static ApplianceProduct ProductOf(string? shortKind) => ApplianceProducts.All.First(p => p.ShortKind == shortKind);

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { kind, baseUrl, username, passwordStdin, passwordFile, thumbprints, apiVersion, name })
        {
            command.Add(option);
        }
    }

    /// <summary>Where the appliance is.</summary>
    /// <exception cref="CommandException">The address is none.</exception>
    public Uri Address(ParseResult parse) =>
        Uri.TryCreate(parse.GetValue(baseUrl), UriKind.Absolute, out Uri? url) && ApplianceAddress.IsOne(url)
            ? url
            : throw new CommandException(
                ExitCodes.Usage, $"--base-url '{Shown(parse.GetValue(baseUrl))}' must be {ApplianceAddress.Expected}.");

    /// <summary>What the appliance is, as the settings spell it.</summary>
    public string Product(ParseResult parse) => ProductOf(parse.GetValue(kind)).Kind;

    /// <summary>
    /// The settings that they stand for, and those of the environment that are not about appliances; the first is the appliance's name.
    /// </summary>
    public List<KeyValuePair<string, string?>> Read(ParseResult parse)
    {
        Uri url = Address(parse);
        string password = PasswordOf(parse.GetValue(passwordStdin), parse.GetValue(passwordFile))
            ?? throw new CommandException(
                ExitCodes.Usage,
                $"No password: give --password-stdin and write it to stdin, or --password-file, or set {PasswordVariable}.");
        List<KeyValuePair<string, string?>> settings =
        [
            new(Key + "Name", parse.GetValue(name) ?? ConfiguredName(url) ?? ApplianceAddress.NameOf(url)),
            new(Key + "Kind", ProductOf(parse.GetValue(kind)).Kind),
            new(Key + "BaseUrl", url.AbsoluteUri),
            new(Key + "Username", parse.GetValue(username)),
            new(Key + "Password", password),
            new(Key + "ApiVersion", parse.GetValue(apiVersion) ?? ""),
            .. EnvironmentSettings.Read().Where(s => !s.Key.StartsWith("Rescan__Appliances__", StringComparison.OrdinalIgnoreCase)),
        ];
        settings.AddRange(
            (parse.GetValue(thumbprints) ?? []).Select((t, i) => new KeyValuePair<string, string?>($"{Key}Thumbprints__{i}", t)));
        return settings;
    }

    /// <summary>Faults of settings that came from options, told as faults of these; null when some came from elsewhere.</summary>
    public static CommandException? AsUsage(OptionsValidationException e)
    {
        List<string> told = [];
        foreach (string fault in e.Failures)
        {
            string? option = fault[(fault.StartsWith(Key, StringComparison.Ordinal) ? Key.Length : 0)..].Split("__")[0].Split(':')[0] switch
            {
                "Name" => "--name",
                "Username" => "--username",
                "ApiVersion" => "--api-version",
                "Thumbprints" => "--thumbprint",
                _ => fault.StartsWith("Rescan__Deadline:", StringComparison.Ordinal) ? "--deadline" : null,
            };
            if (option is null)
            {
                return null;
            }

            told.Add(option + fault[fault.IndexOf(": ", StringComparison.Ordinal)..]);
        }

        return new CommandException(ExitCodes.Usage, string.Join(Environment.NewLine + "rescan: ", told));
    }

    /// <summary>The address without what a person may have put before the @ by mistake.</summary>
    public static string? Shown(string? text) => text is null || text.LastIndexOf('@') is var at && at < 0 ? text : "..." + text[at..];

    private static string FirstLineOf(string file, bool onStdin)
    {
        if (onStdin)
        {
            throw new CommandException(ExitCodes.Usage, "Give --password-stdin or --password-file, not both.");
        }

        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } line ? line
                : throw new CommandException(ExitCodes.Usage, $"No password: --password-file {file} has no first line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Usage, $"No password: --password-file {file} cannot be read: {ErrorMessage.Reason(e)}");
        }
    }

    /// <summary>
    /// An appliance that the settings in this folder know keeps its name, so that its outcomes are not told apart from those of serve.
    /// </summary>
    private static string? ConfiguredName(Uri url)
    {
        IReadOnlyDictionary<string, string?> known = SettingsFile.Load(SettingsFile.Usual, isNamed: false).Values;
        return known.Where(s => s.Key.StartsWith("Rescan__Appliances__", StringComparison.OrdinalIgnoreCase)
                && s.Key.EndsWith("__BaseUrl", StringComparison.OrdinalIgnoreCase)
                && Uri.TryCreate(s.Value, UriKind.Absolute, out Uri? its) && ApplianceAddress.IsSame(its, url))
            .Select(s => known.GetValueOrDefault(s.Key[..^"BaseUrl".Length] + "Name"))
            .FirstOrDefault(n => !string.IsNullOrWhiteSpace(n));
    }

    private static string OfKinds(Func<ApplianceProduct, object> what) =>
        string.Join(", ", ApplianceProducts.All.Select(p => $"{what(p)} ({p.ShortKind})"));
}
