using System.Globalization;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Local.Runtime.Durable;
using TimeZoneConverter;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// Runs timer functions by NCRONTAB, in UTC or the zone that <c>WEBSITE_TIME_ZONE</c> names; a run missed while no host
/// was up is caught up once. <c>AzureWebJobs.NAME.Disabled</c> keeps a function from running.
/// </summary>
internal sealed class TimerService : IAsyncDisposable
{
    private const string ZoneKey = "WEBSITE_TIME_ZONE";
    private const string KeyPrefix = "timer-";
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    private readonly List<(string Name, TimerSchedule Schedule, TimerTriggerAttribute Trigger, MethodInfo Method)> timers = [];
    private readonly IServiceProvider services;
    private readonly TimeProvider time;
    private readonly ITaskHubValues values;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> loops = [];
    private readonly Dictionary<string, DateTime> last = [];

    /// <summary>Reads the schedules.</summary>
    /// <exception cref="InvalidOperationException">A schedule or the time zone is not valid; the message names the setting.</exception>
    public TimerService(
        IEnumerable<(string Name, TimerTriggerAttribute Trigger, MethodInfo Method)> functions,
        IServiceProvider services,
        IConfiguration settings,
        TimeProvider time,
        ITaskHubValues values)
    {
        this.services = services;
        this.time = time;
        this.values = values;
        List<string> faults = [];
        timers.AddRange(Read(functions, settings, faults));
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', faults));
        }
    }

    /// <summary>What is wrong with the settings that timers are read from, a line a fault, which begins with the key.</summary>
    public static IReadOnlyList<string> FaultsOf(
        IEnumerable<(string Name, TimerTriggerAttribute Trigger, MethodInfo Method)> functions, IConfiguration settings)
    {
        List<string> faults = [];
        _ = Read(functions, settings, faults);
        return faults;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach ((string key, string ran) in await values.ListAsync(KeyPrefix, cancellationToken))
        {
            last[key[KeyPrefix.Length..]] = DateTime.Parse(ran, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
        }

        loops.AddRange(timers.Select(t => LoopAsync(t.Name, t.Schedule, t.Trigger, t.Method)));
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsTrue(string? setting) => setting == "1" || (bool.TryParse(setting, out bool value) && value);

    private static List<(string Name, TimerSchedule Schedule, TimerTriggerAttribute Trigger, MethodInfo Method)> Read(
        IEnumerable<(string Name, TimerTriggerAttribute Trigger, MethodInfo Method)> functions, IConfiguration settings,
        List<string> faults)
    {
        TimeZoneInfo zone = TimeZoneInfo.Utc;
        if (settings[ZoneKey] is { } id && !string.IsNullOrWhiteSpace(id) && !TZConvert.TryGetTimeZoneInfo(id, out zone!))
        {
            zone = TimeZoneInfo.Utc;
            faults.Add($"{ZoneKey}: '{id}' is no time zone known here. Use a name such as Europe/Berlin or W. Europe Standard Time.");
        }

        List<(string Name, TimerSchedule Schedule, TimerTriggerAttribute Trigger, MethodInfo Method)> read = [];
        foreach ((string name, TimerTriggerAttribute trigger, MethodInfo method) in functions)
        {
            if (IsTrue(settings[$"AzureWebJobs.{name}.Disabled"]) || IsTrue(settings[$"AzureWebJobs_{name}_Disabled"]))
            {
                continue;
            }

            string text = trigger.Schedule.Trim('%');
            string setting = trigger.Schedule.StartsWith('%') ? settings[text] ?? "" : text;
            if (TimerSchedule.TryParse(setting, zone) is { } schedule)
            {
                read.Add((name, schedule, trigger, method));
            }
            else
            {
                faults.Add(
                    $"{text}: '{setting}' is not an NCRONTAB expression of five or six fields, such as 0 30 1 * * * (function {name}).");
            }
        }

        return read;
    }

    private async Task LoopAsync(string name, TimerSchedule schedule, TimerTriggerAttribute trigger, MethodInfo method)
    {
        ILogger log = services.GetRequiredService<ILoggerFactory>().CreateLogger(name);
        DateTime now = time.GetUtcNow().UtcDateTime;
        DateTime previous = last.GetValueOrDefault(name, now);
        bool late = trigger.UseMonitor && schedule.Next(previous) <= now && previous < now;
        DateTime due = schedule.Next(late ? previous : now);
        DateTime next = late || trigger.RunOnStartup ? now : due;
        while (true)
        {
            // In steps: the clock may be set meanwhile, or the machine sleep.
            for (TimeSpan wait; (wait = next - time.GetUtcNow().UtcDateTime) > TimeSpan.Zero;)
            {
                await Task.Delay(wait < LongestStep ? wait : LongestStep, time, stopping.Token);
            }

            // What is due at once must not run within the start itself.
            await Task.Yield();
            stopping.Token.ThrowIfCancellationRequested();
            TimerInfo info = new()
            {
                IsPastDue = late,

                // As the Functions host has it: Next is the time that this run was due.
                ScheduleStatus = new ScheduleStatus { Last = previous, Next = due, LastUpdated = previous },
            };
            try
            {
                AsyncServiceScope scope = services.CreateAsyncScope();
                await using (scope)
                {
                    await FunctionCatalog.InvokeAsync(scope.ServiceProvider, method, p => p.ParameterType switch
                    {
                        { } t when t == typeof(TimerInfo) => info,
                        { } t when t == typeof(CancellationToken) => stopping.Token,
                        { } t when t == typeof(DurableTaskClient) => services.GetRequiredService<DurableTaskClient>(),
                        _ => throw new NotSupportedException($"Timer '{name}': parameter '{p.Name}' cannot be bound by the local runtime."),
                    });
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                log.LogError(e, "Timer function {Name} failed", name);
            }

            // A run that took longer than its interval skips what it overlapped.
            DateTime following = schedule.Next(time.GetUtcNow().UtcDateTime);
            if (trigger.UseMonitor)
            {
                try
                {
                    await values.SetAsync(KeyPrefix + name, next.ToString("O", CultureInfo.InvariantCulture), stopping.Token);
                }
                catch (Exception e) when (!stopping.IsCancellationRequested)
                {
                    // A hub that is lost tells the host itself, which stops.
                    log.LogWarning("That timer function {Name} ran could not be noted: {Reason}", name, e.Message);
                }
            }

            late = false;
            (previous, due, next) = (next, following, following);
        }
    }
}
