using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rescan.Functions;
using Rescan.Functions.Display;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Start;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Cli.Schedules;

/// <summary>
/// Pauses and resumes: by a server that was named, else by the process that owns the state, else in the state itself, which the next
/// process reads.
/// </summary>
internal sealed class PauseWriter
{
    private readonly OwnerClient? server;
    private readonly HistorySource? source;
    private readonly IReadOnlyDictionary<string, string?> settings = new Dictionary<string, string?>();

    public PauseWriter(OwnerClient server) => this.server = server;

    /// <param name="source">The state.</param>
    /// <param name="settings">The settings, for the key of the process that serves and for the schedules' names.</param>
    public PauseWriter(HistorySource source, IReadOnlyDictionary<string, string?> settings)
    {
        this.source = source;
        this.settings = settings;
    }

    public async Task PauseAsync(SchedulePause pause, CancellationToken cancellationToken)
    {
        PauseRequest request = new(
            pause.Until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), null, pause.Schedule, pause.Reason);
        await WriteAsync(
            owner => owner.PauseAsync(request, cancellationToken), store => store.PauseAsync(pause, cancellationToken), pause.Schedule,
            cancellationToken);
    }

    public Task ResumeAsync(string? schedule, CancellationToken cancellationToken) => WriteAsync(
        owner => owner.ResumeAsync(schedule, cancellationToken), store => store.ResumeAsync(schedule, cancellationToken), schedule,
        cancellationToken);

    private async Task WriteAsync(
        Func<OwnerClient, Task> ask, Func<ScheduleStore, Task> write, string? schedule, CancellationToken cancellationToken)
    {
        if (server is not null)
        {
            await ask(server);
            return;
        }

        if (await source!.GetServingAddressAsync(cancellationToken) is { } address)
        {
            using OwnerClient owner = new(address, ServerArguments.Key(settings));
            await ask(owner);
            return;
        }

        if (schedule is not null)
        {
            Check(schedule);
        }

        TaskHub hub = await source.Location.OpenTaskHubAsync(cancellationToken);
        await using (hub)
        {
            await write(new ScheduleStore(source.Location.TableOf(hub.Table)));
        }
    }

    private void Check(string schedule)
    {
        IConfiguration configuration = AppHost.Configure(settings);
        string[] names = [.. new SchedulePlan(configuration.ReadRescanOptions(), configuration).Schedules.Select(s => s.Name)];
        if (!names.Contains(schedule, StringComparer.OrdinalIgnoreCase))
        {
            string near = NearestName.Of(schedule, names) is { } meant ? $" Did you mean {meant}?" : "";
            throw new CommandException(
                ExitCodes.Rejected, $"No schedule is named '{schedule}'; the settings have {string.Join(", ", names)}.{near}");
        }
    }
}
