using System.CommandLine;
using Microsoft.Extensions.Options;
using Rescan.Functions.Appliances;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Init;

/// <summary><c>rescan init</c>: from an appliance's address to a settings file that serves.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        Option<string> settings = new("--settings")
        {
            HelpName = "FILE", Description = "the settings file to write", DefaultValueFactory = _ => SettingsFile.Usual,
        };
        Option<bool> yes = new("--yes", "-y")
        {
            Description = "ask nothing: take the usual for what is not given, and pin the certificate that is shown",
        };
        Option<bool> force = new("--force") { Description = "replace a file that is there" };
        InitArguments arguments = new();
        Command command = new DocumentedCommand("init", "Set up an appliance: ask, sign in, write the settings")
        {
            Details = "It asks for what is not given, shows the certificate before any password is sent, signs in, and writes the file "
                + "once all is known, for your eyes alone. It starts nothing.",
            Examples =
            [
                "rescan init",
                "rescan init --yes --base-url https://appliance.example:11005 \\",
                "  --username rescan --password-stdin --thumbprint 9F86D0... < password.txt",
                "rescan init --kind vbr --base-url vbr.example --settings settings.json",
            ],
            ExitCodes =
            [
                ("0", "the file is written"), ("6, 7", "the appliance refused, or is not reachable; nothing is written"),
                ("64", "the command line, or a file that is there"),
                ("78", "no file can be written there"), ("130", "interrupted; nothing is written"),
            ],
        };
        command.Add(settings);
        command.Add(yes);
        command.Add(force);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            string path = parse.GetValue(settings)!;
            Questions? questions = parse.GetValue(yes) ? null : Questions.OfTerminal()
                ?? throw new CommandException(
                    ExitCodes.Usage, "There is no terminal to ask at. Give the answers as options, and --yes.\nSee 'rescan init --help'.");
            try
            {
                NewSettings file = new(path);
                file.RequireFolder();
                InitAnswers answers = arguments.Read(parse, asks: questions is not null);
                bool replace = File.Exists(path) && await MayReplaceAsync(path, parse.GetValue(force), questions, cancellationToken);
                IReadOnlyDictionary<string, string?> values = await new InitDialog(answers, questions, Screen.Error)
                    .RunAsync(cancellationToken);
                IReadOnlyList<string> faults = await SettingsCheck.FaultsOfAsync(
                    new SettingsFile(path, IsThere: true, values, []), AppHost.Configure(values), cancellationToken);
                if (faults.Count > 0)
                {
                    throw new OptionsValidationException("", typeof(SettingsFile), faults);
                }

                await file.WriteAsync(values, replace, cancellationToken);
            }
            catch (OptionsValidationException e)
            {
                throw ApplianceArguments.AsUsage(e) ?? (Exception)e;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new CommandException(ExitCodes.Interrupted, "Interrupted. Nothing was written.");
            }
            catch (ApplianceException e)
            {
                throw new CommandException(ExitCodes.Of(ExitCodes.OutcomeOf(e)), e.Message + "\nNothing was written.");
            }

            Screen.Error.Say($"ok  {path} is written; the password is in it, so only you may read it", 4);
            Screen.Error.Say("\nNext:");
            Screen.Out.Say($"rescan serve --settings {Quoted(path)}");
            return 0;
        });
        return command;
    }

    private static async Task<bool> MayReplaceAsync(string path, bool force, Questions? questions, CancellationToken cancellationToken)
    {
        if (force || (questions is not null && await questions.ConfirmAsync($"{path} is there already. Replace it?", cancellationToken)))
        {
            return true;
        }

        throw new CommandException(
            ExitCodes.Usage, $"{path} is there already and stays as it is. Name another file with --settings, or replace it with --force.");
    }

    /// <summary>As a shell takes it for one word.</summary>
    private static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-:\\".Contains(c, StringComparison.Ordinal))
            ? path
            : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
