using System.CommandLine;
using System.Globalization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Schedules;

namespace Rescan.Local.Cli.Init;

/// <summary>The answers that the command line gives; what it leaves open is asked for.</summary>
/// <param name="Product">What is to be rescanned.</param>
/// <param name="Address">Its address, as it was written.</param>
/// <param name="Username">The account.</param>
/// <param name="Password">Its password.</param>
/// <param name="Thumbprints">The certificates that are known to be its own.</param>
/// <param name="ApiVersion">The x-api-version, or auto.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Schedule">When all is rescanned: a time of the day or cron.</param>
/// <param name="TimeZone">The time zone of that.</param>
internal sealed record InitAnswers(
    ApplianceProduct? Product, string? Address, string? Username, string? Password, IReadOnlyList<string> Thumbprints, string ApiVersion,
    string? Name,
    string? Schedule, string TimeZone)
{
    /// <summary>The schedule when none is given.</summary>
    public const string UsualSchedule = "01:30";

    /// <summary>The address of the API: of a bare host https is meant, and the port of its kind.</summary>
    /// <returns>The address; null when the text is none.</returns>
    public static Uri? AddressOf(string text, ApplianceProduct product)
    {
        bool isBare = !text.Contains("://", StringComparison.Ordinal);
        return !Uri.TryCreate(isBare ? "https://" + text : text, UriKind.Absolute, out Uri? url) || !ApplianceAddress.IsOne(url) ? null
            : isBare && url.IsDefaultPort && !text.Contains(":443", StringComparison.Ordinal)
                ? new UriBuilder(url) { Port = product.DefaultPort }.Uri
            : url;
    }

    /// <summary>The cron expression of a time of the day; anything else is one already, or none.</summary>
    public static string CronOf(string text) =>
        TimeOnly.TryParseExact(text, ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time)
            ? string.Create(CultureInfo.InvariantCulture, $"{time.Minute} {time.Hour} * * *")
            : text;

    /// <summary>What is wrong with a schedule; null: nothing.</summary>
    public static string? ScheduleFault(string schedule) => Functions.Schedules.Schedule.IsCron(CronOf(schedule))
        ? null
        : $"'{schedule}' is neither a time such as 01:30 nor cron such as 30 1 * * 1-5.";

    /// <summary>What is wrong with a time zone; null: nothing.</summary>
    public static string? ZoneFault(string timeZone) => TimeZones.Find(timeZone) is null
        ? $"'{timeZone}' is no time zone known here; name one such as Europe/Berlin."
        : null;
}

/// <summary>The options that give answers.</summary>
internal sealed class InitArguments
{
    private readonly Option<string> kind = ApplianceArguments.KindOption();
    private readonly Option<string?> baseUrl = ApplianceArguments.BaseUrlOption(required: false);
    private readonly Option<string?> username = ApplianceArguments.UsernameOption(required: false);
    private readonly Option<bool> passwordStdin = ApplianceArguments.PasswordStdinOption();
    private readonly Option<string?> passwordFile = ApplianceArguments.PasswordFileOption();
    private readonly Option<string[]> thumbprints = new("--thumbprint")
    {
        HelpName = "SHA256", Description = "SHA-256 thumbprint that its certificate must have; may be repeated",
    };

    private readonly Option<string> apiVersion = new("--api-version")
    {
        HelpName = "REVISION", Description = "x-api-version, or auto for the newest that has rescan",
        DefaultValueFactory = _ => ApplianceProduct.Auto,
    };

    private readonly Option<string?> name = ApplianceArguments.NameOption();
    private readonly Option<string?> schedule = new("--schedule")
    {
        HelpName = "WHEN",
        Description = $"when all repositories are rescanned: a time of the day, or cron. Unless given {InitAnswers.UsualSchedule}",
    };

    private readonly Option<string?> timeZone = new("--time-zone")
    {
        HelpName = "ZONE", Description = "time zone of the schedule, such as Europe/Berlin; this machine's unless given",
    };

    public void AddTo(Command command)
    {
        Option[] all = [kind, baseUrl, username, passwordStdin, passwordFile, thumbprints, apiVersion, name, schedule, timeZone];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <exception cref="CommandException">An answer is none.</exception>
    public InitAnswers Read(ParseResult parse, bool asks)
    {
        InitAnswers answers = new(
            asks && parse.GetResult(kind) is null or { Implicit: true } ? null : ApplianceArguments.ProductOf(parse.GetValue(kind)),
            parse.GetValue(baseUrl), parse.GetValue(username),
            ApplianceArguments.PasswordOf(parse.GetValue(passwordStdin), parse.GetValue(passwordFile)),
            [.. (parse.GetValue(thumbprints) ?? []).Select(t => t.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant())],
            parse.GetValue(apiVersion)!, parse.GetValue(name), parse.GetValue(schedule), parse.GetValue(timeZone) ?? TimeZones.Local);
        string? wrong =
            answers.Address is { } address && InitAnswers.AddressOf(address, answers.Product ?? ApplianceProducts.All[0]) is null
                ? $"--base-url '{ApplianceArguments.Shown(address)}' must be {ApplianceAddress.Expected}."
            : answers.Thumbprints.FirstOrDefault(t => t.Length != 64 || !t.All(char.IsAsciiHexDigit)) is { } bad
                ? $"--thumbprint '{bad}' is no SHA-256 thumbprint of 64 hex digits."
            : !ApplianceProduct.IsRevisionSetting(answers.ApiVersion)
                ? $"--api-version '{answers.ApiVersion}' is neither auto nor a revision such as 1.1-rev0."
            : InitAnswers.ZoneFault(answers.TimeZone) is { } zone ? "--time-zone " + zone
            : InitAnswers.ScheduleFault(answers.Schedule ?? InitAnswers.UsualSchedule) is { } fault
                ? "--schedule " + fault
            : null;
        return wrong is null ? answers : throw new CommandException(ExitCodes.Usage, wrong);
    }
}
