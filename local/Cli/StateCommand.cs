using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Storage;

namespace Rescan.Local.Cli;

/// <summary><c>rescan state</c>: moves and prunes what is kept, task hub and outcomes alike, while nothing runs on it.</summary>
internal static class StateCommand
{
    private const string HubEntry = "task-hub.jsonl";
    private const string OutcomesEntry = "outcomes.jsonl";

    public static Command Create() => new("state", "Export, import or prune the state of the app, while the app is stopped.") { CreateExport(), CreateImport(), CreatePrune() };

    private static Command CreateExport()
    {
        Argument<string> file = new("file") { Description = "the archive to write, such as rescan.zip" };
        return Create("export", """
            Write the task hub and the outcomes to one archive, for a backup or to move to the other kind of store.

              rescan state export rescan.zip

            """, file, async (location, archive, cancellationToken) =>
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
                        await using StateTable table = await location.OpenTableAsync(cancellationToken);
                        await foreach (OutcomeArchiveItem item in OutcomeArchive.Of(table.Table).ExportAsync(cancellationToken))
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
        Argument<string> file = new("file") { Description = "an archive that 'rescan state export' wrote" };
        return Create("import", """
            Take an archive into an empty state. Rescans under way go on at the next start.

              rescan state import rescan.zip --storage azurite

            """, file, async (location, archive, cancellationToken) =>
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
                    await using StateTable table = await location.OpenTableAsync(cancellationToken);
                    OutcomeArchive target = OutcomeArchive.Of(table.Table);
                    using StreamReader lines = new(await outcomesEntry.OpenAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
                    while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
                    {
                        OutcomeArchiveItem item = JsonSerializer.Deserialize<OutcomeArchiveItem>(line)!;
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
        });
    }

    private static Command CreatePrune()
    {
        Option<string> age = new("--older-than") { Description = "how long ago they ended, such as 30d or 12h", Required = true };
        StateLocationArguments arguments = new();
        Command command = new("prune", """
            Remove rescans and outcomes that ended long ago, and give their room back. What is under way stays.

              rescan state prune --older-than 30d

            """) { age };
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
                    await using StateTable table = await location.OpenTableAsync(cancellationToken);
                    int outcomes = await OutcomeArchive.Of(table.Table).PruneAsync(before, cancellationToken);
                    await table.ShrinkAsync();
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"removed {instances} instances and {outcomes} outcomes"));
                }
            }

            return 0;
        });
        return command;
    }

    private static Command Create(string name, string description, Argument<string> file, Func<StateLocation, string, CancellationToken, Task<string>> run)
    {
        StateLocationArguments arguments = new();
        Command command = new(name, description) { file };
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            StateLocation location = await arguments.OpenAsync(parse, null, cancellationToken).ConfigureAwait(false);
            await using (location.ConfigureAwait(false))
            {
                Console.Out.WriteLine(await run(location, parse.GetValue(file)!, cancellationToken).ConfigureAwait(false));
            }

            return 0;
        });
        return command;
    }
}
