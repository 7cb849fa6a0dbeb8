using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli;

/// <summary><c>rescan repositories</c> and <c>rescan check</c>: what can be asked of an appliance without starting anything.</summary>
internal static class ApplianceCommands
{
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromSeconds(30);

    public static Command CreateRepositories() => Create(
        "repositories", "List an appliance's repositories", "",
        async (client, _, json, cancellationToken) =>
        {
            IReadOnlyList<Repository> all = await client.GetRepositoriesAsync(cancellationToken);
            if (json)
            {
                Output.PrintJson(all);
                return all;
            }

            ApplianceTables.Of(all).Print(Screen.Out);
            if (all.Count == 0)
            {
                Screen.Error.Say("The appliance lists no repositories; its account may not see them.");
            }

            return all;
        });

    public static Command CreateCheck() => Create(
        "check", "Check that an appliance can be reached and rescanned",
        "It checks the certificate, the account and its role, and whether the appliance has repository rescan. Where the appliance "
            + "says what it calls itself, those of its kind in this folder's local.settings.json are asked whether one of them is the "
            + "same.",
        async (client, findTwins, json, cancellationToken) =>
        {
            ApplianceProbe probe = await client.ProbeAsync(cancellationToken);
            SignInResult signedIn = probe.SignIn;
            IReadOnlyList<Repository> repositories = await client.GetRepositoriesAsync(cancellationToken);
            string[] warnings = [.. probe.Warnings, .. Warnings(client, repositories), .. await findTwins(signedIn.Identity)];
            if (json)
            {
                Output.PrintJson(new
                {
                    probe.Product, signedIn.ProductVersion, signedIn.ApiVersion, probe.Revisions, signedIn.Role, signedIn.Identity,
                    probe.Certificate,
                    tokenExpiresAt = signedIn.ExpiresAt, repositories = repositories.Count,
                    clockOffsetSeconds = client.ClockOffset?.TotalSeconds, warnings,
                });
                return repositories;
            }

            Screen.Out.Say("ok  reached, and its certificate is trusted", 4);
            if (probe.Certificate is { } certificate)
            {
                Screen.Out.Say(
                    $"    {Words.Line(certificate.Subject)}, valid until "
                        + $"{certificate.ValidUntil:yyyy-MM-dd}, SHA-256 {certificate.Thumbprint}", 4);
            }

            Screen.Out.Say($"ok  signed in{(signedIn.Role is { } role ? $" as {role}" : "")}, token until {signedIn.ExpiresAt:u}", 4);
            Screen.Out.Say($"ok  {probe.Product} {signedIn.ProductVersion ?? "(its version is not told to this role)"}", 4);
            if (signedIn.Identity is { } identity)
            {
                Screen.Out.Say($"    calls itself {identity}", 4);
            }

            Screen.Out.Say($"ok  accepts x-api-version {signedIn.ApiVersion}, which has repository rescan", 4);
            if (probe.Revisions.Count > 0)
            {
                Screen.Out.Say($"    offers {Words.Line(string.Join(", ", probe.Revisions))}", 4);
            }

            Screen.Out.Say($"ok  {repositories.Count} repositories{LeftOut(repositories)}", 4);
            foreach (string warning in warnings)
            {
                Screen.Out.Say("!!  " + Words.Line(warning), 4);
            }

            return repositories;
        });

    private static string LeftOut(IReadOnlyList<Repository> repositories) =>
        repositories.Count(r => r.LeftOutOfRuns is not null) is > 0 and int left
        ? string.Create(CultureInfo.InvariantCulture, $", {left} of which runs leave out unless named")
        : "";

    /// <summary>What may surprise somebody who rescans them.</summary>
    public static IEnumerable<string> Warnings(IApplianceClient client, IReadOnlyList<Repository> repositories)
    {
        if (repositories.Count == 0)
        {
            yield return "it lists no repositories; its account may not see them";
        }

        if (client.ClockOffset is { } offset && offset.Duration() > TolerableSkew)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"its clock is {Math.Abs(offset.TotalSeconds):0} s {(offset < TimeSpan.Zero ? "behind" : "ahead")}");
        }

        foreach (IGrouping<string, Repository> shared in repositories.GroupBy(r => r.Name, StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1))
        {
            yield return $"{shared.Count()} repositories are named '{shared.Key}'; name them by id: {string.Join(", ", shared.Select(r => r.Id))}";
        }
    }

    /// <summary>What the rest of the app is told in the environment is no concern of a question to one appliance.</summary>
    private static bool IsNeeded(KeyValuePair<string, string?> setting) =>
        !setting.Key.StartsWith("Rescan__", StringComparison.OrdinalIgnoreCase)
            || setting.Key.StartsWith("Rescan__Appliances__", StringComparison.OrdinalIgnoreCase);


    private static Command Create(
        string name, string summary, string details,
        Func<IApplianceClient, Func<string?, Task<IReadOnlyList<string>>>, bool, CancellationToken, Task<IReadOnlyList<Repository>>> act)
    {
        ApplianceArguments appliance = new();
        Option<string> output = Output.Option();
        Command command = new DocumentedCommand(name, summary)
        {
            Details = (details + " It starts nothing.").TrimStart(),
            Examples =
            [
                $"rescan {name} --base-url https://appliance.example:11005 \\",
                "  --username rescan --password-stdin --thumbprint 9F86D0... < password.txt",
            ],
            ExitCodes = [
                ("0", "all well"), ("2", "the appliance lists no repositories"), ("6, 7", "refused, or not reachable"),
                ("64", "the command line")],
        };
        command.Add(output);
        appliance.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            ServiceCollection services = new();
            services.AddLogging();
            services.AddRescan(new ConfigurationBuilder().AddInMemoryCollection(
                appliance.Read(parse).Where(IsNeeded)
                    .Select(s => new KeyValuePair<string, string?>(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value))).Build());
            ServiceProvider provider = services.BuildServiceProvider();
            await using (provider)
            {
                try
                {
                    IApplianceClients clients = provider.GetRequiredService<IApplianceClients>();
                    IApplianceClient client = clients.Get(clients.Names[0]);
                    IReadOnlyList<Repository> repositories = await act(
                        client,
                        identity => ConfiguredTwins.FindAsync(
                            appliance.Address(parse), ApplianceProducts.Find(appliance.Product(parse))!, identity, cancellationToken),
                        parse.GetValue(output) == "json", cancellationToken);
                    await client.SignOutAsync(cancellationToken);

                    // Nothing to rescan is no success, whatever reads the exit code.
                    return repositories.Count > 0 ? 0 : ExitCodes.Of(Outcome.Warning);
                }
                catch (OptionsValidationException e)
                {
                    throw ApplianceArguments.AsUsage(e) ?? (Exception)e;
                }
                catch (ApplianceException e)
                {
                    throw new CommandException(ExitCodes.Of(ExitCodes.OutcomeOf(e)), e.Message);
                }
            }
        });
        return command;
    }
}
