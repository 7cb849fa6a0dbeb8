using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli;

/// <summary><c>rescan state</c>: moves and prunes what is kept, task hub and outcomes alike, while nothing runs on it.</summary>
internal static class StateCommand
{
    private const string OutcomesEntry = "outcomes.jsonl";

    public static Command Create() => new("state", "Export, import or prune the state of the app, while the app is stopped.") { CreateExport(), CreateImport(), CreatePrune() };

    private static Command CreateExport()
    {
        Argument<string> file = new("file") { Description = "the archive to write, such as rescan.zip" };
        return Create("export", """
            Write the outcomes to one archive, for a backup or to move to the other kind of storage. Rescans under way cannot be
            moved: let them end first.

              rescan state export rescan.zip

            """, file, async (location, archive, cancellationToken) =>
        {
            string path = Path.GetFullPath(archive);
            string partial = path + ".partial";
            int outcomes = 0;
            TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken).ConfigureAwait(false);
            await using (taskHub.ConfigureAwait(false))
            {
                await RequireNothingUnderWayAsync(taskHub.CreateClient(), cancellationToken).ConfigureAwait(false);
                ZipArchive zip = await ZipFile.OpenAsync(partial, ZipArchiveMode.Create, cancellationToken).ConfigureAwait(false);
                await using (zip.ConfigureAwait(false))
                {
                    StreamWriter lines = new(await zip.CreateEntry(OutcomesEntry).OpenAsync(cancellationToken).ConfigureAwait(false), new UTF8Encoding(false)) { NewLine = "\n" };
                    await using (lines.ConfigureAwait(false))
                    {
                        await foreach (OutcomeArchiveItem item in OutcomeArchive.Of(location.TableOf(taskHub.Table)).ExportAsync(cancellationToken))
                        {
                            await lines.WriteLineAsync(JsonSerializer.Serialize(item).AsMemory(), cancellationToken).ConfigureAwait(false);
                            outcomes += item.Outcome is null ? 0 : 1;
                        }
                    }
                }
            }

            File.Move(partial, path, overwrite: true);
            return string.Create(CultureInfo.InvariantCulture, $"exported {outcomes} outcomes to {path}");
        });
    }

    private static Command CreateImport()
    {
        Argument<string> file = new("file") { Description = "an archive that 'rescan state export' wrote" };
        return Create("import", """
            Take in the outcomes of an archive. Those that are here already stay as they are.

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
                ZipArchiveEntry entry = zip.GetEntry(OutcomesEntry) ?? throw new CommandException(ExitCodes.Usage, $"{archive} is not an archive that 'rescan state export' wrote.");
                int outcomes = 0;
                TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken).ConfigureAwait(false);
                await using (taskHub.ConfigureAwait(false))
                {
                    OutcomeArchive target = OutcomeArchive.Of(location.TableOf(taskHub.Table));
                    using StreamReader lines = new(await entry.OpenAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
                    while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
                    {
                        OutcomeArchiveItem item = JsonSerializer.Deserialize<OutcomeArchiveItem>(line)!;
                        await target.ImportAsync(item, cancellationToken).ConfigureAwait(false);
                        outcomes += item.Outcome is null ? 0 : 1;
                    }
                }

                return string.Create(CultureInfo.InvariantCulture, $"imported {outcomes} outcomes");
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
                TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken).ConfigureAwait(false);
                await using (taskHub.ConfigureAwait(false))
                {
                    int instances = await PruneAsync(taskHub.CreateClient(), before, cancellationToken).ConfigureAwait(false);
                    int outcomes = await OutcomeArchive.Of(location.TableOf(taskHub.Table)).PruneAsync(before, cancellationToken);
                    await taskHub.ShrinkAsync(cancellationToken);
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"removed {instances} instances and {outcomes} outcomes"));
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task RequireNothingUnderWayAsync(DurableTaskClient client, CancellationToken cancellationToken)
    {
        OrchestrationQuery unfinished = new(Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended]);
        List<string> ids = [];
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(unfinished).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            ids.Add(instance.InstanceId);
        }

        if (ids.Count > 0)
        {
            throw new CommandException(ExitCodes.Configuration, $"{ids.Count} instances have not ended, which an archive cannot hold, {ids[0]} first. Let rescan serve end them, or cancel them with rescan cancel.");
        }
    }

    /// <summary>By when they last changed: a purge of the storage provider goes by when they began.</summary>
    private static async Task<int> PruneAsync(DurableTaskClient client, DateTimeOffset before, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(new OrchestrationQuery(CreatedTo: before)).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (instance.IsCompleted && instance.LastUpdatedAt < before)
            {
                count += (await client.PurgeInstanceAsync(instance.InstanceId, cancellation: cancellationToken).ConfigureAwait(false)).PurgedInstanceCount;
            }
        }

        return count;
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
