using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Init;

/// <summary>Finds out what a settings file needs: from answers, from a person, and from the appliance. It writes nothing.</summary>
/// <param name="answers">What the command line says.</param>
/// <param name="questions">Who is asked for the rest; null: nobody.</param>
/// <param name="screen">Where is told what was found.</param>
internal sealed class InitDialog(InitAnswers answers, Questions? questions, Screen screen)
{
    private const string Key = "Rescan__Appliances__0__";
    private const string ScheduleKey = "Rescan__Schedules__0__";
    private const int Indent = 4;
    private const int MostRepositories = 10;

    /// <summary>
    /// How often a person may try a password. Accounts are locked after three bad ones, and the next may be somebody else's.
    /// </summary>
    private const int MostTries = 2;

    /// <summary>The settings, in the order of the file.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> RunAsync(CancellationToken cancellationToken)
    {
        string[] missing =
        [
            .. answers.Address is null ? ["--base-url"] : Array.Empty<string>(),
            .. answers.Username is null ? ["--username"] : Array.Empty<string>(),
            .. answers.Password is null
                ? [$"the password (--password-stdin, or {ApplianceArguments.PasswordVariable})"]
                : Array.Empty<string>(),
        ];
        if (questions is null && missing.Length > 0)
        {
            throw new CommandException(
                ExitCodes.Usage, $"'rescan init --yes' asks nothing, so it needs {string.Join(", ", missing)}.\nSee 'rescan init --help'.");
        }

        ApplianceProduct product = answers.Product
            ?? (questions is null ? ApplianceProducts.All[0] : await questions.ChooseAsync(
                "What is to be rescanned?", ApplianceProducts.All, p => p.Title, cancellationToken));
        string written = answers.Address ?? await questions!.AskAsync(
            "Address, as HOST or https://HOST:PORT:", null, a => InitAnswers.AddressOf(a, product) is null
                ? $"It must be {ApplianceAddress.Expected}."
                : null, cancellationToken);
        Uri address = InitAnswers.AddressOf(written, product)!;
        string username = answers.Username ?? await questions!.AskAsync(
            $"Account, without MFA ({product.RolesThatRescan[^1]}):", null, _ => null, cancellationToken);
        string? pin = await JudgeAsync(await ApplianceCertificate.LookAsync(address, cancellationToken), address, cancellationToken);
        Dictionary<string, string?> settings = new()
        {
            [Key + "Name"] = answers.Name ?? ApplianceAddress.NameOf(address),
            [Key + "Kind"] = product.Kind,
            [Key + "BaseUrl"] = address.AbsoluteUri.TrimEnd('/'),
            [Key + "Username"] = username,
            [Key + "Password"] = null,
            [Key + "ApiVersion"] = answers.ApiVersion,
        };
        if (pin is not null)
        {
            settings[Key + "Thumbprints__0"] = pin;
        }

        await SignInAsync(settings, username, cancellationToken);
        string schedule = answers.Schedule ?? (questions is null ? InitAnswers.UsualSchedule : await questions.AskAsync(
            $"When are all repositories rescanned ({answers.TimeZone})? A time of the day, or cron", InitAnswers.UsualSchedule,
            InitAnswers.ScheduleFault, cancellationToken));
        Dictionary<string, string?> whole = new()
        {
            [ScheduleKey + "Name"] = ScheduleOptions.DefaultName,
            [ScheduleKey + "Cron"] = InitAnswers.CronOf(schedule),
            [ScheduleKey + "Zone"] = answers.TimeZone,
        };
        Due(whole);
        foreach ((string key, string? value) in settings)
        {
            whole[key] = value;
        }

        return whole;
    }

    /// <summary>The thumbprint to pin; null when this system's roots are to decide.</summary>
    private async Task<string?> JudgeAsync(ApplianceCertificate certificate, Uri address, CancellationToken cancellationToken)
    {
        screen.Say($"\nThe certificate of {address.Authority}:");
        screen.Say($"  subject  {Words.Line(certificate.Subject)}", Indent);
        screen.Say($"  issuer   {(certificate.Issuer == certificate.Subject ? "itself" : Words.Line(certificate.Issuer))}", Indent);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"  valid    {certificate.ValidFrom:yyyy-MM-dd} to {certificate.ValidUntil:yyyy-MM-dd}{(certificate.ValidUntil < DateTimeOffset.UtcNow ? ", so it has run out" : "")}"), Indent);
        screen.Say($"  SHA-256  {certificate.Thumbprint}", Indent);
        if (answers.Thumbprints.Count > 0)
        {
            return answers.Thumbprints.Contains(certificate.Thumbprint)
                ? certificate.Thumbprint
                : throw new CommandException(
                    ExitCodes.Rejected,
                    "It is not the one that --thumbprint names. If it is the appliance's own, name it; if not, somebody stands in between. "
                        + "No password was sent, nothing was written.");
        }

        if (certificate.Doubts is null)
        {
            screen.Say("This system's roots vouch for it. A pinned one must be pinned anew when it is renewed.");
            return questions is not null && await questions.ConfirmAsync("Pin it all the same?", cancellationToken)
                ? certificate.Thumbprint
                : null;
        }

        screen.Say($"This system does not trust it: {certificate.Doubts}. Compare the SHA-256 with the one that the appliance shows at its "
            + "own console.");
        return questions is null || await questions.ConfirmAsync("Is it the appliance's own? Then it is pinned.", cancellationToken)
            ? certificate.Thumbprint
            : throw new CommandException(ExitCodes.Rejected, "Its certificate is not trusted. No password was sent, nothing was written.");
    }

    private async Task SignInAsync(Dictionary<string, string?> settings, string username, CancellationToken cancellationToken)
    {
        string? refused = null;
        for (int tries = 1; ; tries++)
        {
            string password = (refused is null ? answers.Password : null)
                ?? await questions!.AskSecretAsync($"Password of {username} (it is not shown):", cancellationToken);
            if (password == refused)
            {
                throw new CommandException(
                    ExitCodes.Rejected,
                    "That password was refused already, so it was not sent again: accounts are locked after a few bad ones. Nothing was "
                        + "written.");
            }

            settings[Key + "Password"] = password;
            try
            {
                await LookAroundAsync(settings, cancellationToken);
                return;
            }
            catch (ApplianceException e) when (e.IsPasswordRefused && questions is not null && tries < MostTries)
            {
                screen.Say(Words.Line(e.Message));
                screen.Say("One more try: accounts are locked after a few bad passwords.");
                refused = password;
            }
        }
    }

    /// <summary>Signs in and tells what is there.</summary>
    private async Task LookAroundAsync(IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRescan(AppHost.Configure(settings));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IApplianceClients clients = provider.GetRequiredService<IApplianceClients>();
        IApplianceClient client = clients.Get(clients.Names[0]);
        screen.Say("\nsigning in");
        ApplianceProbe probe = await client.ProbeAsync(cancellationToken);
        IReadOnlyList<Repository> repositories = await client.GetRepositoriesAsync(cancellationToken);
        await client.SignOutAsync(cancellationToken);
        screen.Say($"ok  {Words.Line(probe.Product)}{(probe.SignIn.ProductVersion is { } build ? " " + Words.Line(build) : "")}, x-api-version {Words.Line(probe.SignIn.ApiVersion)}", Indent);
        screen.Say($"ok  signed in{(probe.SignIn.Role is { } role ? " as " + Words.Line(role) : "")}", Indent);
        screen.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"ok  {repositories.Count} {(repositories.Count == 1 ? "repository" : "repositories")}{(repositories.Count > MostRepositories ? $", of which the first {MostRepositories} are" : "")}"), Indent);
        ApplianceTables.Of(repositories.OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase).Take(MostRepositories)).Print(screen);
        foreach (string warning in probe.Warnings.Concat(ApplianceCommands.Warnings(client, repositories)))
        {
            screen.Say("!!  " + Words.Line(warning), Indent);
        }

        screen.Say("");
    }

    private void Due(IReadOnlyDictionary<string, string?> settings)
    {
        IConfiguration configuration = AppHost.Configure(settings);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        SchedulesView schedules = ScheduleReader.Plan(new SchedulePlan(configuration.ReadRescanOptions(), configuration), now);
        foreach (string line in ScheduleText.Lines(schedules, isServed: true, now))
        {
            screen.Say("ok  " + line, Indent);
        }
    }
}
