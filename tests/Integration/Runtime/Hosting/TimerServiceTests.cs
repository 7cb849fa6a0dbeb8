using System.Reflection;
using System.Threading.Channels;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Schedules;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runtime.Hosting;

public sealed class TimerServiceTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 0, 0, 30, TimeSpan.Zero);

    private readonly FakeTimeProvider time = new(Start);
    private readonly Runs runs = new();
    private readonly Channel<TimeSpan> waits = Channel.CreateUnbounded<TimeSpan>();
    private readonly Dictionary<string, string?> settings = [];

    [Fact]
    public async Task A_timer_runs_when_its_time_comes_and_again_the_next_minute()
    {
        await using TimerService service = Started(null, "Tick");
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(runs.Any);
        time.Advance(TimeSpan.FromSeconds(1));
        TimerInfo first = await runs.NextAsync();
        await UntilItWaitsAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await runs.NextAsync();

        Assert.Equal((new DateTime(2026, 5, 1, 0, 1, 0, DateTimeKind.Utc), false), (first.ScheduleStatus!.Next, first.IsPastDue));
    }

    [Fact]
    public async Task One_with_a_plan_runs_at_once_and_to_the_second_when_the_plan_says_so()
    {
        await using TimerService service = Started(new Plan("Tick", Start.AddSeconds(12)), "Tick");
        await runs.NextAsync();
        await UntilItWaitsAsync();
        time.Advance(TimeSpan.FromSeconds(12));

        Assert.Equal(Start.AddSeconds(12).UtcDateTime, (await runs.NextAsync()).ScheduleStatus!.Next);
    }

    [Fact]
    public async Task A_clock_that_jumps_over_the_time_makes_it_late_by_a_minute_at_most()
    {
        await using TimerService service = Started(null, "Tick");
        time.AdjustTime(time.GetUtcNow() + TimeSpan.FromHours(10));
        time.Advance(TimeSpan.FromMinutes(1));

        await runs.NextAsync();
    }

    [Theory]
    [InlineData("AzureWebJobs.Tick.Disabled", "true")]
    [InlineData("AzureWebJobs_Tick_Disabled", "1")]
    public async Task A_disabled_timer_does_not_run(string key, string value)
    {
        settings[key] = value;
        await using TimerService service = Started(null, "Tick", "Other");
        time.Advance(TimeSpan.FromSeconds(30));
        await runs.NextAsync();
        await UntilItWaitsAsync();

        Assert.False(runs.Any);
    }

    [Fact]
    public async Task A_timer_that_throws_runs_again_at_its_next_time()
    {
        runs.Throw = true;
        await using TimerService service = Started(null, "Tick");
        time.Advance(TimeSpan.FromSeconds(30));
        await runs.NextAsync();
        await UntilItWaitsAsync();
        time.Advance(TimeSpan.FromMinutes(1));

        await runs.NextAsync();
    }

    [Fact]
    public void A_trigger_that_this_runtime_would_serve_otherwise_than_Azure_is_refused()
    {
        TimerTriggerAttribute monitored = new("0 * * * * *");

        Assert.Contains(
            "'Tick'", Assert.Throws<NotSupportedException>(() => Create(null, monitored, "Tick")).Message, StringComparison.Ordinal);
    }

    private TimerService Create(Plan? plan, TimerTriggerAttribute trigger, params string[] names)
    {
        ServiceCollection services = new();
        services.AddLogging().AddSingleton(runs);
        if (plan is not null)
        {
            services.AddSingleton<ITimerPlan>(plan);
        }

        MethodInfo method = typeof(Functions).GetMethod(nameof(Functions.Run))!;
        return new TimerService(
            names.Select(n => (n, trigger, method)), services.BuildServiceProvider(),
            new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), new CountingClock(time, waits));
    }

    private TimerService Started(Plan? plan, params string[] names)
    {
        TimerService service = Create(plan, new TimerTriggerAttribute("0 * * * * *") { UseMonitor = false }, names);
        service.Start();
        if (plan is null)
        {
            Assert.True(waits.Reader.TryRead(out _));
        }

        return service;
    }

    /// <summary>Until it has run and waits for its next time.</summary>
    private Task UntilItWaitsAsync() => waits.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public sealed class Runs
    {
        private readonly Channel<TimerInfo> all = Channel.CreateUnbounded<TimerInfo>();

        public bool Throw { get; set; }

        public bool Any => all.Reader.TryPeek(out _);

        public Task<TimerInfo> NextAsync() => all.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public void Add(TimerInfo info) => all.Writer.TryWrite(info);
    }

    public sealed class Functions(Runs runs)
    {
        public void Run(TimerInfo info)
        {
            runs.Add(info);
            if (runs.Throw)
            {
                throw new InvalidOperationException("broken");
            }
        }
    }

    private sealed record Plan(string Function, DateTimeOffset Due) : ITimerPlan
    {
        public DateTimeOffset? NextAfter(DateTimeOffset time) => time < Due ? Due : null;
    }

    /// <summary>Tells whenever somebody begins to wait.</summary>
    private sealed class CountingClock(FakeTimeProvider time, Channel<TimeSpan> waits) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = time.CreateTimer(callback, state, dueTime, period);
            waits.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
