using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Help;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli;

/// <summary><c>rescan state</c>: moves and prunes what is kept, task hub and outcomes alike, while nothing runs on it.</summary>
internal static class StateCommand
{
    private const string OutcomesEntry = "outcomes.jsonl";

    public static Command Create() =>
        new DocumentedCommand("state", "Export, import or prune what is kept") { CreateExport(), CreateImport(), CreatePrune() };

    private static Command CreateExport()
    {
        Argument<string> file = new("FILE") { Description = "the archive to write, such as rescan.zip" };
        return Create(
            "export", "Write the outcomes to one archive",
            "For a backup, or to move to the other kind of storage. Rescans under way cannot be moved: let them end first.",
            "rescan state export rescan.zip", file, async (location, archive, cancellationToken) =>
        {
            string path = Path.GetFullPath(archive);
            string partial = path + ".partial";
            int outcomes = 0;
            TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken);
            await using (taskHub)
            {
                await RequireNothingUnderWayAsync(taskHub.CreateClient(), cancellationToken);
                ZipArchive zip = await ZipFile.OpenAsync(partial, ZipArchiveMode.Create, cancellationToken);
                await using (zip)
                {
                    StreamWriter lines = new(
                        await zip.CreateEntry(OutcomesEntry).OpenAsync(cancellationToken), new UTF8Encoding(false))
                    { NewLine = "\n" };
                    await using (lines)
                    {
                        await foreach (OutcomeArchiveItem item in OutcomeArchive.Of(location.TableOf(taskHub.Table))
                            .ExportAsync(cancellationToken))
                        {
                            await lines.WriteLineAsync(JsonSerializer.Serialize(item).AsMemory(), cancellationToken);
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
        Argument<string> file = new("FILE") { Description = "an archive that 'rescan state export' wrote" };
        return Create(
            "import", "Take the outcomes of an archive in", "Those that are here already stay as they are.",
            "rescan state import rescan.zip --storage azurite", file, ImportAsync);
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
            zip = await ZipFile.OpenReadAsync(archive, cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw new CommandException(ExitCodes.Usage, $"{archive} is not an archive that 'rescan state export' wrote.");
        }

        await using (zip)
        {
            ZipArchiveEntry entry = zip.GetEntry(OutcomesEntry)
                ?? throw new CommandException(ExitCodes.Usage, $"{archive} is not an archive that 'rescan state export' wrote.");
            int outcomes = 0;
            TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken);
            await using (taskHub)
            {
                OutcomeArchive target = OutcomeArchive.Of(location.TableOf(taskHub.Table));
                int number = 0;
                using StreamReader lines = new(await entry.OpenAsync(cancellationToken), Encoding.UTF8);
                while (await lines.ReadLineAsync(cancellationToken) is { } line)
                {
                    number++;
                    OutcomeArchiveItem item = ReadOutcome(line)
                        ?? throw Damaged(
                            archive, $"line {number.ToString(CultureInfo.InvariantCulture)} of {OutcomesEntry} is not an outcome");
                    await target.ImportAsync(item, cancellationToken);
                    outcomes += item.Outcome is null ? 0 : 1;
                }
            }

            return string.Create(CultureInfo.InvariantCulture, $"imported {outcomes} outcomes");
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
        new(ExitCodes.Configuration, $"{archive} is damaged: {what}. Nothing after it was imported; import a whole archive.");

    private static Command CreatePrune()
    {
        Option<string> age = new(
            "--older-than")
        { HelpName = "TIME", Description = "how long ago they ended, such as 30d or 12h", Required = true };
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
            StateLocation location = await arguments.OpenAsync(parse, null, cancellationToken);
            await using (location)
            {
                TaskHub taskHub = await location.OpenTaskHubAsync(cancellationToken);
                await using (taskHub)
                {
                    int instances = await PruneAsync(taskHub.CreateClient(), before, cancellationToken);
                    int outcomes = await OutcomeArchive.Of(location.TableOf(taskHub.Table)).PruneAsync(before, cancellationToken);
                    await taskHub.ShrinkAsync(cancellationToken);
                    Screen.Out.Say(string.Create(CultureInfo.InvariantCulture, $"removed {instances} instances and {outcomes} outcomes"));
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task RequireNothingUnderWayAsync(DurableTaskClient client, CancellationToken cancellationToken)
    {
        OrchestrationQuery unfinished = new(
            Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended]);
        List<string> ids = [];
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(unfinished).WithCancellation(cancellationToken))
        {
            ids.Add(instance.InstanceId);
        }

        if (ids.Count > 0)
        {
            throw new CommandException(
                ExitCodes.Configuration,
                $"{ids.Count} instances have not ended, which an archive cannot hold, "
                    + $"{ids[0]} first. Let rescan serve end them, or cancel them with rescan cancel.");
        }
    }

    /// <summary>By when they last changed: a purge of the storage provider goes by when they began.</summary>
    private static async Task<int> PruneAsync(DurableTaskClient client, DateTimeOffset before, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (OrchestrationMetadata instance in client.GetAllInstancesAsync(new OrchestrationQuery(CreatedTo: before))
            .WithCancellation(cancellationToken))
        {
            if (instance.IsCompleted && instance.LastUpdatedAt < before)
            {
                count += (await client.PurgeInstanceAsync(instance.InstanceId, cancellation: cancellationToken)).PurgedInstanceCount;
            }
        }

        return count;
    }

    private static Command Create(
        string name, string summary, string details, string example, Argument<string> file,
        Func<StateLocation, string, CancellationToken, Task<string>> run)
    {
        StateLocationArguments arguments = new();
        Command command = new DocumentedCommand(name, summary) { Details = details + " The app must be stopped.", Examples = [example] };
        command.Add(file);
        arguments.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            StateLocation location = await arguments.OpenAsync(parse, null, cancellationToken);
            await using (location)
            {
                Screen.Out.Say(await run(location, parse.GetValue(file)!, cancellationToken));
            }

            return 0;
        });
        return command;
    }
}
