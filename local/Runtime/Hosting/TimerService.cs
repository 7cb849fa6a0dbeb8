using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NCrontab;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>Runs timer functions by NCRONTAB in UTC; a run missed while the host was down is caught up once.</summary>
internal sealed class TimerService : IAsyncDisposable
{
    private readonly List<(string Name, CrontabSchedule Schedule, MethodInfo Method)> timers = [];
    private readonly IServiceProvider services;
    private readonly TimeProvider time;
    private readonly string file;
    private readonly Dictionary<string, DateTime> last;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> loops = [];

    public TimerService(FunctionCatalog catalog, IServiceProvider services, IConfiguration settings, TimeProvider time, string file)
    {
        this.services = services;
        this.time = time;
        this.file = file;
        last = File.Exists(file) ? JsonSerializer.Deserialize<Dictionary<string, DateTime>>(File.ReadAllText(file)) ?? [] : [];
        foreach ((string name, TimerTriggerAttribute trigger, MethodInfo method) in catalog.Timers)
        {
            string text = trigger.Schedule.Trim('%');
            string setting = trigger.Schedule.StartsWith('%') ? settings[text] ?? "" : text;
            bool seconds = setting.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
            timers.Add((
                name,
                CrontabSchedule.TryParse(setting, new CrontabSchedule.ParseOptions { IncludingSeconds = seconds })
                    ?? throw new InvalidOperationException($"{text}: '{setting}' is not an NCRONTAB expression of five or six fields, such as 0 30 1 * * * (function {name})."),
                method));
        }
    }

    public void Start() => loops.AddRange(timers.Select(t => Task.Run(() => LoopAsync(t.Name, t.Schedule, t.Method))));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task LoopAsync(string name, CrontabSchedule schedule, MethodInfo method)
    {
        ILogger log = services.GetRequiredService<ILoggerFactory>().CreateLogger(name);
        DateTime now = time.GetUtcNow().UtcDateTime;
        DateTime from = last.GetValueOrDefault(name, now);
        bool late = schedule.GetNextOccurrence(from) < now;
        DateTime next = late ? now : schedule.GetNextOccurrence(now);
        while (true)
        {
            // Longer waits than a day go in steps: the clock may be set meanwhile, and a timer reaches no further than 49 days.
            for (TimeSpan wait; (wait = next - time.GetUtcNow().UtcDateTime) > TimeSpan.Zero;)
            {
                await Task.Delay(wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1), time, stopping.Token).ConfigureAwait(false);
            }

            DateTime following = schedule.GetNextOccurrence(time.GetUtcNow().UtcDateTime);
            TimerInfo info = new() { IsPastDue = late, ScheduleStatus = new ScheduleStatus { Last = next, Next = following, LastUpdated = next } };
            try
            {
                AsyncServiceScope scope = services.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                {
                    await FunctionCatalog.InvokeAsync(scope.ServiceProvider, method, p => p.ParameterType switch
                    {
                        { } t when t == typeof(TimerInfo) => info,
                        { } t when t == typeof(CancellationToken) => stopping.Token,
                        { } t when t == typeof(DurableTaskClient) => services.GetRequiredService<DurableTaskClient>(),
                        _ => throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"Timer '{name}': parameter '{p.Name}' cannot be bound.")),
                    }).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                log.LogError(e, "Timer function {Name} failed", name);
            }

            Remember(name, next);
            late = false;
            next = following;
        }
    }

    private void Remember(string name, DateTime ran)
    {
        lock (gate)
        {
            last[name] = ran;
            string temporary = file + ".new";
            File.WriteAllText(temporary, JsonSerializer.Serialize(last));
            File.Move(temporary, file, overwrite: true);
        }
    }
}
