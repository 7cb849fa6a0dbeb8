using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;

namespace Rescan.Local.Cli;

/// <summary><c>rescan repositories</c> and <c>rescan check</c>: what can be asked of an appliance without starting anything.</summary>
internal static class ApplianceCommands
{
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromSeconds(30);

    public static Command CreateRepositories() => Create(
        "repositories",
        """
        List the appliance's repositories. Starts nothing.

          rescan repositories --base-url https://appliance.example:11005 --username rescan --password-stdin --thumbprint 9F86D0... < password.txt

        """,
        async (client, json, cancellationToken) =>
        {
            IReadOnlyList<Repository> all = await client.GetRepositoriesAsync(cancellationToken).ConfigureAwait(false);
            if (json)
            {
                Output.PrintJson(all);
                return;
            }

            int width = all.Count == 0 ? 0 : all.Max(r => r.Name.Length);
            foreach (Repository repository in all.OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase))
            {
                string place = repository.Bucket is null ? repository.Type ?? "" : $"{repository.Bucket}/{repository.Folder}".TrimEnd('/');
                Console.Out.WriteLine($"{repository.Id}  {repository.Name.PadRight(width)}  {place}".TrimEnd());
                if (repository.LeftOutOfRuns is { } reason)
                {
                    Console.Out.WriteLine($"    left out of runs unless named: {reason}");
                }
            }

            if (all.Count == 0)
            {
                Console.Error.WriteLine("The appliance lists no repositories; its account may not see them.");
            }
        });

    public static Command CreateCheck() => Create(
        "check",
        """
        Check that the appliance can be reached, that its certificate and the account are accepted, and that it has repository
        rescan. Starts nothing.

          rescan check --base-url https://appliance.example:11005 --username rescan --password-stdin --thumbprint 9F86D0... < password.txt

        """,
        async (client, json, cancellationToken) =>
        {
            ApplianceProbe probe = await client.ProbeAsync(cancellationToken).ConfigureAwait(false);
            SignInResult signedIn = probe.SignIn;
            IReadOnlyList<Repository> repositories = await client.GetRepositoriesAsync(cancellationToken).ConfigureAwait(false);
            string[] warnings = [.. probe.Warnings, .. Warnings(client, repositories)];
            if (json)
            {
                Output.PrintJson(new
                {
                    probe.Product, signedIn.ProductVersion, signedIn.ApiVersion, probe.Revisions, signedIn.Role, probe.Certificate,
                    tokenExpiresAt = signedIn.ExpiresAt, repositories = repositories.Count,
                    clockOffsetSeconds = client.ClockOffset?.TotalSeconds, warnings,
                });
                return;
            }

            Console.Out.WriteLine("ok  reached, and its certificate is trusted");
            if (probe.Certificate is { } certificate)
            {
                Console.Out.WriteLine($"    {certificate.Subject}, valid until {certificate.ValidUntil:yyyy-MM-dd}, SHA-256");
                Console.Out.WriteLine($"    {certificate.Thumbprint}");
            }

            Console.Out.WriteLine($"ok  signed in{(signedIn.Role is { } role ? $" as {role}" : "")}, token until {signedIn.ExpiresAt:u}");
            Console.Out.WriteLine($"ok  {probe.Product} {signedIn.ProductVersion ?? "of an unknown version"}");
            Console.Out.WriteLine($"ok  accepts x-api-version {signedIn.ApiVersion}, which has repository rescan");
            if (probe.Revisions.Count > 0)
            {
                Console.Out.WriteLine($"    offers {string.Join(", ", probe.Revisions)}");
            }

            Console.Out.WriteLine($"ok  {repositories.Count} repositories{LeftOut(repositories)}");
            foreach (string warning in warnings)
            {
                Console.Out.WriteLine("!!  " + warning);
            }
        });

    private static string LeftOut(IReadOnlyList<Repository> repositories) => repositories.Count(r => r.LeftOutOfRuns is not null) is > 0 and int left
        ? string.Create(CultureInfo.InvariantCulture, $", {left} of which runs leave out unless named")
        : "";

    private static IEnumerable<string> Warnings(IApplianceClient client, IReadOnlyList<Repository> repositories)
    {
        if (client.ClockOffset is { } offset && offset.Duration() > TolerableSkew)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"its clock is {Math.Abs(offset.TotalSeconds):0} s {(offset < TimeSpan.Zero ? "behind" : "ahead")}");
        }

        foreach (IGrouping<string, Repository> shared in repositories.GroupBy(r => r.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return $"{shared.Count()} repositories are named '{shared.Key}'; name them by id: {string.Join(", ", shared.Select(r => r.Id))}";
        }
    }

    private static Command Create(string name, string description, Func<IApplianceClient, bool, CancellationToken, Task> act)
    {
        ApplianceArguments appliance = new();
        Option<string> output = Output.Option();
        Command command = new(name, description) { output };
        appliance.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            ServiceCollection services = new();
            services.AddLogging();
            services.AddRescan(new ConfigurationBuilder().AddInMemoryCollection(
                appliance.Read(parse).Select(s => new KeyValuePair<string, string?>(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value))).Build());
            ServiceProvider provider = services.BuildServiceProvider();
            await using (provider.ConfigureAwait(false))
            {
                try
                {
                    IApplianceClients clients = provider.GetRequiredService<IApplianceClients>();
                    IApplianceClient client = clients.Get(clients.Names[0]);
                    await act(client, parse.GetValue(output) == "json", cancellationToken).ConfigureAwait(false);
                    await client.SignOutAsync(cancellationToken).ConfigureAwait(false);
                    return 0;
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
