using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Cli;

/// <summary><c>rescan state</c>: moves and prunes what is kept, task hub and outcomes alike, while nothing runs on it.</summary>
internal static class StateCommand
{
    private const string HubEntry = "task-hub.jsonl";
    private const string OutcomesEntry = "outcomes.jsonl";

    public static Command Create() => new DocumentedCommand("state", "Export, import or prune what is kept") { CreateExport(), CreateImport(), CreatePrune() };

    private static Command CreateExport()
    {
        Argument<string> file = new("FILE") { Description = "the archive to write, such as rescan.zip" };
        return Create("export", "Write all that is kept to one archive", "For a backup, or to move to the other kind of store.", "rescan state export rescan.zip", file, async (location, archive, cancellationToken) =>
        {
            string path = Path.GetFullPath(archive);
            string partial = path + ".partial";
            (int instances, int outcomes) = (0, 0);
            ZipArchive zip = await ZipFile.OpenAsync(partial, ZipArchiveMode.Create, cancellationToken).ConfigureAwait(false);
            await using (zip.ConfigureAwait(false))
            {
                StateStore store = await location.OpenStoreAsync(cancellationToken).ConfigureAwait(false);
                await using (store.ConfigureAwait(false))
                {
                    Stream target = await zip.CreateEntry(HubEntry).OpenAsync(cancellationToken).ConfigureAwait(false);
                    await using (target.ConfigureAwait(false))
                    {
                        instances = await store.ExportAsync(target, cancellationToken).ConfigureAwait(false);
                    }

                    StreamWriter lines = new(await zip.CreateEntry(OutcomesEntry).OpenAsync(cancellationToken).ConfigureAwait(false), new UTF8Encoding(false)) { NewLine = "\n" };
                    await using (lines.ConfigureAwait(false))
                    {
                        await foreach (OutcomeArchiveItem item in (await OutcomesAsync(location, cancellationToken).ConfigureAwait(false)).ExportAsync(cancellationToken).ConfigureAwait(false))
                        {
                            await lines.WriteLineAsync(JsonSerializer.Serialize(item).AsMemory(), cancellationToken).ConfigureAwait(false);
                            outcomes += item.Outcome is null ? 0 : 1;
                        }
                    }
                }
            }

            File.Move(partial, path, overwrite: true);
            return string.Create(CultureInfo.InvariantCulture, $"exported {instances} instances and {outcomes} outcomes to {path}");
        });
    }

    private static Command CreateImport()
    {
        Argument<string> file = new("FILE") { Description = "an archive that 'rescan state export' wrote" };
        return Create("import", "Take an archive into an empty state", "Rescans under way go on at the next start.", "rescan state import rescan.zip --storage azurite", file, ImportAsync);
    }

    private static async Task<string> ImportAsync(StateLocation location, string archive, CancellationToken cancellationToken)
    {
        if (!File.Exists(archive))
        {
            throw new CommandException(ExitCodes.Usage, $"There is no file {Path.GetFullPath(archive)}.");
        }

        ZipArchive zip;
        try
        {
            zip = await ZipFile.OpenReadAsync(archive, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            throw new CommandException(ExitCodes.Usage, $"{archive} is not an archive that 'rescan state export' wrote.");
        }

        await using (zip.ConfigureAwait(false))
        {
            if (zip.GetEntry(HubEntry) is not { } hubEntry || zip.GetEntry(OutcomesEntry) is not { } outcomesEntry)
            {
                throw new CommandException(ExitCodes.Usage, $"{archive} is not an archive that 'rescan state export' wrote.");
            }

            (int instances, int outcomes) = (0, 0);
            StateStore store = await location.OpenStoreAsync(cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                // Outcomes first: they may be taken in twice, so that an import cut off here can be asked for again.
                IOutcomeArchive target = await OutcomesAsync(location, cancellationToken).ConfigureAwait(false);
                int number = 0;
                using StreamReader lines = new(await outcomesEntry.OpenAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
                while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
                {
                    number++;
                    OutcomeArchiveItem item = ReadOutcome(line) ?? throw Damaged(archive, $"line {number.ToString(CultureInfo.InvariantCulture)} of {OutcomesEntry} is not an outcome");
                    await target.ImportAsync(item, cancellationToken).ConfigureAwait(false);
                    outcomes += item.Outcome is null ? 0 : 1;
                }

                Stream source = await hubEntry.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using (source.ConfigureAwait(false))
                {
                    instances = await store.ImportAsync(source, cancellationToken).ConfigureAwait(false);
                }
            }

            return string.Create(CultureInfo.InvariantCulture, $"imported {instances} instances and {outcomes} outcomes");
        }
    }

    /// <returns>Null when the line is none.</returns>
    private static OutcomeArchiveItem? ReadOutcome(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<OutcomeArchiveItem>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CommandException Damaged(string archive, string what) =>
        new(ExitCodes.Configuration, $"{archive} is damaged: {what}. Nothing after it was imported; import a whole archive into an empty state.");

    private static Command CreatePrune()
    {
        Option<string> age = new("--older-than") { HelpName = "TIME", Description = "how long ago they ended, such as 30d or 12h", Required = true };
        StateLocationArguments arguments = new();
        Command command = new DocumentedCommand("prune", "Remove rescans and outcomes that ended long ago")
        {
            Details = "It gives their room back. What is under way stays.",
            Examples =
            [
                "rescan state prune --older-than 30d",
            ],
        };
        command.Add(age);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            DateTimeOffset before = DateTimeOffset.UtcNow - Durations.Parse("--older-than", parse.GetValue(age)!);
            StateLocation location = await arguments.OpenAsync(parse, null, cancellationToken).ConfigureAwait(false);
            await using (location.ConfigureAwait(false))
            {
                StateStore store = await location.OpenStoreAsync(cancellationToken).ConfigureAwait(false);
                await using (store.ConfigureAwait(false))
                {
                    int instances = await store.PruneAsync(before, cancellationToken).ConfigureAwait(false);
                    int outcomes = await (await OutcomesAsync(location, cancellationToken).ConfigureAwait(false)).PruneAsync(before, cancellationToken).ConfigureAwait(false);
                    Screen.Out.Say(string.Create(CultureInfo.InvariantCulture, $"removed {instances} instances and {outcomes} outcomes"));
                }
            }

            return 0;
        });
        return command;
    }

    private static Command Create(
        string name, string summary, string details, string example, Argument<string> file, Func<StateLocation, string, CancellationToken, Task<string>> run)
    {
        StateLocationArguments arguments = new();
        Command command = new DocumentedCommand(name, summary) { Details = details + " The app must be stopped.", Examples = [example] };
        command.Add(file);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            StateLocation location = await arguments.OpenAsync(parse, null, cancellationToken).ConfigureAwait(false);
            await using (location.ConfigureAwait(false))
            {
                Screen.Out.Say(await run(location, parse.GetValue(file)!, cancellationToken).ConfigureAwait(false));
            }

            return 0;
        });
        return command;
    }

    /// <summary>The outcome store as the app would open it; the location must be owned.</summary>
    private static Task<IOutcomeArchive> OutcomesAsync(StateLocation location, CancellationToken cancellationToken) =>
        OutcomeStores.OpenAsync(AppHost.Configure(location, []), cancellationToken);
}
