using System.Reflection;
using Cronos;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Schedules;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// Runs timer functions by cron, in UTC, and one that has an <see cref="ITimerPlan"/> besides at once and whenever the plan has something
/// to do. <c>AzureWebJobs.NAME.Disabled</c> keeps a function from running.
/// </summary>
internal sealed class TimerService : IAsyncDisposable
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    private readonly List<Timer> timers = [];
    private readonly IServiceProvider services;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> loops = [];

    /// <summary>Reads the triggers.</summary>
    /// <exception cref="NotSupportedException">A trigger is of a form that this runtime does not serve.</exception>
    public TimerService(
        IEnumerable<(string Name, TimerTriggerAttribute Trigger, MethodInfo Method)> functions, IServiceProvider services,
        IConfiguration settings, TimeProvider time)
    {
        this.services = services;
        this.time = time;
        foreach ((string name, TimerTriggerAttribute trigger, MethodInfo method) in functions)
        {
            if (IsTrue(settings[$"AzureWebJobs.{name}.Disabled"]) || IsTrue(settings[$"AzureWebJobs_{name}_Disabled"]))
            {
                continue;
            }

            if (trigger.UseMonitor || !CronExpression.TryParse(trigger.Schedule, CronFormat.IncludeSeconds, out CronExpression? cron))
            {
                throw new NotSupportedException(
                    $"Timer '{name}': the local runtime serves triggers with a cron expression of six fields and UseMonitor = false.");
            }

            timers.Add(new Timer(name, cron, services.GetServices<ITimerPlan>().FirstOrDefault(p => p.Function == name), method));
        }
    }

    /// <summary>Starts them.</summary>
    public void Start() => loops.AddRange(timers.Select(LoopAsync));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsTrue(string? setting) => setting == "1" || (bool.TryParse(setting, out bool value) && value);

    private async Task LoopAsync(Timer timer)
    {
        ILogger log = services.GetRequiredService<ILoggerFactory>().CreateLogger(timer.Name);
        DateTime last = Now;
        DateTime next = timer.Plan is null ? timer.After(last) : last;
        while (true)
        {
            // In steps: the clock may be set meanwhile, or the machine sleep.
            for (TimeSpan wait; (wait = next - Now) > TimeSpan.Zero;)
            {
                await Task.Delay(wait < LongestStep ? wait : LongestStep, time, stopping.Token);
            }

            // What is due at once must not run within the start itself.
            await Task.Yield();
            stopping.Token.ThrowIfCancellationRequested();
            TimerInfo info = new() { ScheduleStatus = new ScheduleStatus { Last = last, Next = next, LastUpdated = last } };
            last = next;
            try
            {
                AsyncServiceScope scope = services.CreateAsyncScope();
                await using (scope)
                {
                    await FunctionCatalog.InvokeAsync(scope.ServiceProvider, timer.Method, p => p.ParameterType switch
                    {
                        { } t when t == typeof(TimerInfo) => info,
                        { } t when t == typeof(CancellationToken) => stopping.Token,
                        { } t when t == typeof(DurableTaskClient) => services.GetRequiredService<DurableTaskClient>(),
                        _ => throw new NotSupportedException(
                            $"Timer '{timer.Name}': parameter '{p.Name}' cannot be bound by the local runtime."),
                    });
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                log.LogError(e, "Timer function {Name} failed", timer.Name);
            }

            // From when it was to run: what became due while it ran is looked at right away.
            next = timer.After(last);
            if (next < Now)
            {
                last = Now;
                next = last;
            }
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private sealed record Timer(string Name, CronExpression Cron, ITimerPlan? Plan, MethodInfo Method)
    {
        public DateTime After(DateTime time)
        {
            DateTime tick = Cron.GetNextOccurrence(time) ?? DateTime.MaxValue;
            return Plan?.NextAfter(time)?.UtcDateTime is { } due && due < tick ? due : tick;
        }
    }
}
