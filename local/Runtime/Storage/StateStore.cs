using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.DurableTask.Converters;

namespace Rescan.Local.Runtime.Storage;

/// <summary>
/// Where a task hub's state lives. One process owns it at a time and keeps in memory what it needs, so a store is
/// read when instances are taken up or looked at, and written once a turn.
/// </summary>
public abstract class StateStore : IAsyncDisposable
{
    /// <summary>The key of the last runs of timer functions.</summary>
    internal const string TimersKey = "timers";

    /// <summary>The key of the address at which the owner answers.</summary>
    internal const string AddressKey = "address";

    private const string ExportFormat = "rescan-state";
    private const int ExportVersion = 1;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(250);

    private readonly TaskCompletionSource<StateStoreException> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes, with the reason, when the store can no longer be used: ownership lost, disk full, file gone. Never otherwise.</summary>
    public Task<StateStoreException> Failed => failed.Task;

    /// <summary>Opens a task hub and takes ownership of it.</summary>
    /// <param name="options">Which one, and whether to wait for it.</param>
    /// <param name="time">The clock that waiting and renewing go by.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StateStoreInUseException">Another process owns it, and <see cref="StateStoreOptions.StandBy"/> is off.</exception>
    /// <exception cref="StateStoreException">It is from a newer version, damaged, missing though it was in use before, or cannot be written.</exception>
    public static async Task<StateStore> OpenAsync(StateStoreOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Storage is { } storage)
        {
            return await AzureStore.OpenAsync(storage, options.TaskHub, options.StandBy, time, cancellationToken, options.OnStandBy).ConfigureAwait(false);
        }

        for (bool waiting = false; ; waiting = true)
        {
            try
            {
                return SqliteStore.Open(options.StateFile);
            }
            catch (StateStoreInUseException) when (options.StandBy)
            {
                if (!waiting)
                {
                    options.OnStandBy?.Invoke();
                }

                await Task.Delay(LockPoll, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Opens a task hub to be read only, whoever owns it; null when there is none.</summary>
    /// <exception cref="StateStoreException">It is from another version, damaged, or cannot be reached.</exception>
    internal static async Task<StateStore?> OpenToReadAsync(StateStoreOptions options, CancellationToken cancellationToken) => options.Storage is { } storage
        ? await AzureStore.OpenToReadAsync(storage, options.TaskHub, cancellationToken).ConfigureAwait(false)
        : SqliteStore.OpenToRead(options.StateFile);

    /// <summary>Gives up ownership and closes the store.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Writes everything as UTF-8 JSON lines: a header with format and version, then an instance a line. For a store that no engine runs on.</summary>
    /// <returns>The number of instances.</returns>
    public async Task<int> ExportAsync(Stream target, CancellationToken cancellationToken)
    {
        StreamWriter writer = new(target, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        await using (writer.ConfigureAwait(false))
        {
            ExportHeader header = new(ExportFormat, ExportVersion, await GetValueAsync(TimersKey, cancellationToken).ConfigureAwait(false));
            await writer.WriteLineAsync(JsonSerializer.Serialize(header, StateJson.Default.ExportHeader).AsMemory(), cancellationToken).ConfigureAwait(false);
            int count = 0;
            await foreach (InstanceRecord instance in AllAsync(new InstanceFilter(), cancellationToken).ConfigureAwait(false))
            {
                if (await ReadAsync(instance.Id, cancellationToken).ConfigureAwait(false) is { } state)
                {
                    await writer.WriteLineAsync(JsonSerializer.Serialize(state, StateJson.Default.InstanceState).AsMemory(), cancellationToken).ConfigureAwait(false);
                    count++;
                }
            }

            return count;
        }
    }

    /// <summary>Takes in what <see cref="ExportAsync"/> wrote, from this kind of store or the other. For a store that no engine runs on.</summary>
    /// <returns>The number of instances.</returns>
    /// <exception cref="StateStoreException">The text is not an export, is from a newer version, or has an instance that is here already; instances before that one are in.</exception>
    public async Task<int> ImportAsync(Stream source, CancellationToken cancellationToken)
    {
        using StreamReader reader = new(source, Encoding.UTF8, leaveOpen: true);
        ExportHeader? header = Parse(await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false), 1, StateJson.Default.ExportHeader);
        if (header?.Format != ExportFormat)
        {
            throw new StateStoreException("This is not an export of Rescan's state: its first line does not say so.");
        }

        if (header.Version > ExportVersion)
        {
            throw new StateStoreException(
                $"This export was written by a newer version of Rescan (format {header.Version}, this one reads {ExportVersion}). Use that version.");
        }

        int count = 0;
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            InstanceState state = Parse(line, count + 2, StateJson.Default.InstanceState)!;
            if (await GetAsync(state.Instance.Id, cancellationToken).ConfigureAwait(false) is not null)
            {
                throw new StateStoreException($"Instance '{state.Instance.Id}' is here already. Import into an empty state: give another folder with --state, or another hub with --hub.");
            }

            await PutAsync(state).ConfigureAwait(false);
            count++;
        }

        if (header.Timers is { } timers)
        {
            await SetValueAsync(TimersKey, timers).ConfigureAwait(false);
        }

        return count;
    }

    /// <summary>Removes instances that ended, and changed last, before a time, and gives their room back. For a store that no engine runs on.</summary>
    /// <returns>The number of instances removed.</returns>
    public async Task<int> PruneAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (InstanceRecord instance in AllAsync(new InstanceFilter(CreatedTo: before.UtcDateTime), cancellationToken).ConfigureAwait(false))
        {
            if (instance.IsTerminal && instance.UpdatedAt < before.UtcDateTime)
            {
                await PurgeAsync(instance.Id).ConfigureAwait(false);
                count++;
            }
        }

        await ShrinkAsync().ConfigureAwait(false);
        return count;
    }

    /// <summary>Leaves an event for an instance, which takes it when an engine next runs. For a store that no engine runs on.</summary>
    /// <returns>False when no instance of that id waits to go on.</returns>
    public async Task<bool> LeaveEventAsync(string instanceId, string eventName, object? payload, CancellationToken cancellationToken)
    {
        List<InstanceState> unfinished = await LoadAsync(cancellationToken).ConfigureAwait(false);
        if (unfinished.Find(s => s.Instance.Id == instanceId) is not { } state)
        {
            return false;
        }

        long last = unfinished.Max(s => Math.Max(s.Instance.Execution, s.Messages.Count > 0 ? s.Messages.Max(m => m.Key) : 0));
        Change change = new() { Instance = state.Instance };
        change.Kept.Add(new Message(last + 1, null, new HistoryEvent(EventKind.EventRaised, Name: eventName, Data: JsonDataConverter.Default.Serialize(payload))));
        await CommitAsync(change).ConfigureAwait(false);
        return true;
    }

    /// <summary>Every instance that has not ended, with the messages that wait for it; without histories.</summary>
    internal abstract Task<List<InstanceState>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Commits a change whole.</summary>
    /// <exception cref="StateConflictException">The stored instance is not the one that the change was made from.</exception>
    internal abstract Task CommitAsync(Change change);

    /// <summary>An instance, ended or not; null when there is none.</summary>
    internal abstract Task<InstanceRecord?> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>An instance with the history of its current execution and its messages; null when there is none.</summary>
    internal abstract Task<InstanceState?> ReadAsync(string id, CancellationToken cancellationToken);

    /// <summary>A page of instances, ordered in a way that paging can rely on, and the token of the next one; null at the end.</summary>
    internal abstract Task<(List<InstanceRecord> Page, string? Next)> ListAsync(InstanceFilter filter, int size, string? token, CancellationToken cancellationToken);

    /// <summary>Removes everything of an instance.</summary>
    internal abstract Task PurgeAsync(string id);

    /// <summary>Stores an instance whole, history and messages included, that is not there yet.</summary>
    internal abstract Task PutAsync(InstanceState state);

    /// <summary>Gives room that is free back.</summary>
    internal virtual Task ShrinkAsync() => Task.CompletedTask;

    /// <summary>A value kept beside the instances; null when never set.</summary>
    internal abstract Task<string?> GetValueAsync(string key, CancellationToken cancellationToken);

    /// <summary>Sets a value kept beside the instances.</summary>
    internal abstract Task SetValueAsync(string key, string value);

    /// <summary>Tells others where this process answers.</summary>
    internal Task SetOwnerAddressAsync(Uri url) =>
        SetValueAsync(AddressKey, JsonSerializer.Serialize(new OwnerAddress(url, OwnerProcess.Current), StateJson.Default.OwnerAddress));

    /// <summary>The events of a history, turn by turn.</summary>
    internal static IEnumerable<List<HistoryEvent>> TurnsOf(IEnumerable<HistoryEvent> history)
    {
        List<HistoryEvent> turn = [];
        foreach (HistoryEvent e in history)
        {
            if (e.Kind == EventKind.TurnStarted && turn.Count > 0)
            {
                yield return turn;
                turn = [];
            }

            turn.Add(e);
        }

        if (turn.Count > 0)
        {
            yield return turn;
        }
    }

    private static T? Parse<T>(string? line, int number, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return line is null ? default : JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException e)
        {
            throw new StateStoreException(string.Create(CultureInfo.InvariantCulture, $"Line {number} of the export cannot be read: {e.Message}"), e);
        }
    }

    private async IAsyncEnumerable<InstanceRecord> AllAsync(
        InstanceFilter filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            (List<InstanceRecord> page, token) = await ListAsync(filter, 100, token, cancellationToken).ConfigureAwait(false);
            foreach (InstanceRecord instance in page)
            {
                yield return instance;
            }
        }
        while (token is not null);
    }

    private protected StateStoreException Fail(StateStoreException reason)
    {
        failed.TrySetResult(reason);
        return failed.Task.Result;
    }
}

/// <summary>The stored instance is not the one that a change was made from: its owner changed meanwhile.</summary>
internal sealed class StateConflictException(string message) : Exception(message);

/// <summary>The first line of an export.</summary>
internal sealed record ExportHeader(string Format, int Version, string? Timers);
