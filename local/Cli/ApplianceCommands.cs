using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Appliance;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary><c>rescan repositories</c> and <c>rescan check</c>: what can be asked of an appliance without starting anything.</summary>
internal static class ApplianceCommands
{
    public static Command CreateRepositories() => Create(
        "repositories",
        """
        List the appliance's repositories.

          rescan repositories --base-url https://appliance.example:11005 --username rescan --password-stdin --thumbprint 9F86D0...

        """,
        async (client, json, cancellationToken) =>
        {
            IReadOnlyList<Repository> all = await client.GetRepositoriesAsync(cancellationToken).ConfigureAwait(false);
            if (json)
            {
                Output.PrintJson(all);
                return;
            }

            foreach (Repository repository in all)
            {
                Console.Out.WriteLine($"{repository.Id}  {repository.Name}  {repository.Bucket}/{repository.Folder}");
            }
        });

    public static Command CreateCheck() => Create(
        "check",
        """
        Check that the appliance can be reached, trusts the account and has repository rescan. Starts nothing.

          rescan check --base-url https://appliance.example:11005 --username rescan --password-stdin --thumbprint 9F86D0...

        """,
        async (client, json, cancellationToken) =>
        {
            SignInResult signedIn = await client.SignInAsync(cancellationToken).ConfigureAwait(false);
            int repositories = (await client.GetRepositoriesAsync(cancellationToken).ConfigureAwait(false)).Count;
            if (json)
            {
                Output.PrintJson(new { signedIn.ProductVersion, signedIn.ApiVersion, tokenExpiresAt = signedIn.ExpiresAt, repositories });
                return;
            }

            Console.Out.WriteLine($"signed in; product {signedIn.ProductVersion ?? "unknown"}, x-api-version {signedIn.ApiVersion}, {repositories} repositories");
        });

    private static Command Create(string name, string description, Func<IApplianceClient, bool, CancellationToken, Task> act)
    {
        ApplianceArguments appliance = new();
        Option<string> output = Output.Option();
        Command command = new(name, description) { output };
        appliance.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            string folder = Directory.CreateTempSubdirectory("rescan-").FullName;
            try
            {
                LocalFunctionHost host = await AppHost.StartAsync(folder, appliance.Read(parse), new Uri("http://127.0.0.1:0"), timers: false, null, cancellationToken).ConfigureAwait(false);
                await using (host.ConfigureAwait(false))
                {
                    IApplianceClients clients = host.Services.GetRequiredService<IApplianceClients>();
                    await act(clients.Get(clients.Names[0]), parse.GetValue(output) == "json", cancellationToken).ConfigureAwait(false);
                    return 0;
                }
            }
            catch (ApplianceException e)
            {
                throw new CommandException(ExitCodes.Of(ExitCodes.OutcomeOf(e)), e.Message);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }
}
