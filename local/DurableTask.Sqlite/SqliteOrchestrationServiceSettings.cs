using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Sqlite;

/// <summary>How a <see cref="SqliteOrchestrationService"/> works.</summary>
public sealed class SqliteOrchestrationServiceSettings
{
    /// <summary>Makes settings with their defaults.</summary>
    /// <param name="filePath">The database file. It and its folder are made when absent, for this user only.</param>
    public SqliteOrchestrationServiceSettings(string filePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(filePath);
        FilePath = Path.GetFullPath(filePath);
    }

    /// <summary>
    /// The full path of the database file. Beside it stand its log (<c>-wal</c>, <c>-shm</c>) and its lock (<c>.lock</c>).
    /// </summary>
    public string FilePath { get; }

    /// <summary>
    /// The clock of the task hub: timers and delayed starts are due by it, and instances are stamped by it. Ownership of the file does not
    /// depend on it.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the service logs, as the category <c>DurableTask.Sqlite</c>.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Orchestrations that are worked on at a time. Those that wait for an event, a timer or an activity do not count. Commits are shared,
    /// so a large number costs little and gains throughput.
    /// </summary>
    public int MaxConcurrentOrchestrations { get; init; } = 1000;

    /// <summary>Activities that run at a time.</summary>
    public int MaxConcurrentActivities { get; init; } = 100;

    /// <summary>Loops that hand out orchestrations.</summary>
    public int OrchestrationDispatchers { get; init; } = 1;

    /// <summary>Loops that hand out activities.</summary>
    public int ActivityDispatchers { get; init; } = 1;

    /// <summary>
    /// Bytes of stored history that may be kept in memory, for instances that will probably be worked on again at once. An instance that
    /// waits for something farther away is not kept.
    /// </summary>
    public long HistoryCacheBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// After how long without a sign of life a standby takes the task hub from a process that still holds the lock, such as one that was
    /// stopped or hangs. One that ended or was killed is followed at once. The owner gives four signs in that time.
    /// </summary>
    public TimeSpan TakeoverDelay { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>
    /// Called once when another process owns the file and this one begins to stand by. What it throws ends the start: so a process that
    /// must not wait refuses to.
    /// </summary>
    public Action? OnStandby { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxConcurrentOrchestrations);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxConcurrentActivities);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(OrchestrationDispatchers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ActivityDispatchers);
        ArgumentOutOfRangeException.ThrowIfNegative(HistoryCacheBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(TakeoverDelay, TimeSpan.FromSeconds(1));
    }
}
