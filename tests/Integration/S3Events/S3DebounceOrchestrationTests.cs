using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions.Appliances;
using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.S3Events;

/// <summary>On the real engine, with the default periods, in virtual time; times are compared in whole seconds.</summary>
public sealed class S3DebounceOrchestrationTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(15);
    private static readonly ListedRepository One = Listed("r1");

    private readonly FakeTimeProvider time = new(Start);
    private readonly EngineFixture fixture;
    private readonly S3EventThrottle throttle;
    private readonly BlockingCollection<(StartRescanForS3EventsInput Rescan, DateTimeOffset At, int Events)> starts = [];
    private readonly ConcurrentQueue<StartRescanForS3EventsResult> answers = new();

    public S3DebounceOrchestrationTests()
    {
        fixture = new EngineFixture(new SqliteTestHub()) { Time = time };
        throttle = new S3EventThrottle(Options.Create(new S3HookOptions()), time);
    }

    public Task InitializeAsync()
    {
        fixture.Orchestrators[nameof(S3DebounceOrchestration)] = async c =>
        {
            await S3DebounceOrchestration.RunAsync(c);
            return null;
        };
        fixture.Activities[nameof(StartRescanForS3Events)] = async input =>
        {
            await NoteAsync(input);
            return answers.TryDequeue(out StartRescanForS3EventsResult answer) ? answer : StartRescanForS3EventsResult.Started;
        };
        return fixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await fixture.DisposeAsync();
        starts.Dispose();
    }

    [Fact]
    public async Task One_event_gives_one_rescan_when_the_quiet_period_is_over()
    {
        await SendAsync();
        await UntilAsync(s => s.Due == Start + Quiet);

        Pass(Quiet - TimeSpan.FromSeconds(2));
        Pass(TimeSpan.FromSeconds(2));

        Assert.Equal((new StartRescanForS3EventsInput("one", "r1", "name of r1", Start + Window), Start + Quiet, 1), NextStart());
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Each_event_begins_the_quiet_period_again()
    {
        for (int i = 1; i <= 4; i++)
        {
            await SendAsync();
            await UntilAsync(s => s.Events == i && s.Due == Round(time.GetUtcNow()) + Quiet);
            Pass(TimeSpan.FromMinutes(9));
        }

        Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(
            (new StartRescanForS3EventsInput("one", "r1", "name of r1", Start.AddMinutes(27) + Window), Start.AddMinutes(37), 4),
            NextStart());
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Events_that_never_stop_are_answered_an_hour_after_the_first()
    {
        for (int i = 0; i < 12; i++)
        {
            await SendAsync();
            await UntilAsync(s => s.Events == i + 1);
            Pass(TimeSpan.FromMinutes(5));
        }

        Assert.Equal(
            (new StartRescanForS3EventsInput("one", "r1", "name of r1", Start.AddMinutes(55) + Window), Start + MaxWait, 12), NextStart());
        await NothingMoreAsync();
    }

    [Fact]
    public async Task The_longest_wait_is_stretched_by_what_an_event_in_the_window_needs_to_be_seen()
    {
        await SendAsync();
        for (int i = 1; i <= 7; i++)
        {
            await UntilAsync(s => s.Events == i);
            Pass(i < 7 ? TimeSpan.FromMinutes(9) : TimeSpan.FromSeconds((5 * 60) + 50));
            await SendAsync();
        }

        DateTimeOffset last = Start + MaxWait - TimeSpan.FromSeconds(10);
        await UntilAsync(s => s.Due == last + (2 * Window));
        Pass(2 * Window);

        Assert.Equal(last + (2 * Window), NextStart().At);
        await NothingMoreAsync();
    }

    [Fact]
    public async Task An_event_during_the_start_of_a_rescan_gets_a_rescan_of_its_own()
    {
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Activities[nameof(StartRescanForS3Events)] = async input =>
        {
            await NoteAsync(input);
            await goOn.Task;
            return StartRescanForS3EventsResult.Started;
        };
        await SendAsync();
        await UntilAsync(s => s.Phase == "gathering");
        Pass(Quiet);
        NextStart();

        await SendAsync();
        goOn.SetResult();
        await UntilAsync(s => s.Phase == "gathering");
        Pass(Quiet);

        Assert.Equal((Start + (2 * Quiet), 1), NextStart() is { } next ? (next.At, next.Events) : default);
        await NothingMoreAsync();
    }

    [Fact]
    public async Task While_a_rescan_that_may_have_missed_events_runs_the_start_is_tried_again()
    {
        answers.Enqueue(StartRescanForS3EventsResult.Busy);
        answers.Enqueue(StartRescanForS3EventsResult.Busy);
        await SendAsync();

        for (int i = 1; i <= 3; i++)
        {
            await UntilAsync(s => s.Phase == "gathering" && s.Due == Start + (i * Quiet));
            Pass(Quiet);
            Assert.Equal((new StartRescanForS3EventsInput("one", "r1", "name of r1", Start + Window), Start + (i * Quiet), 1), NextStart());
        }

        await NothingMoreAsync();
    }

    [Fact]
    public async Task A_start_that_fails_is_tried_again()
    {
        Func<string?, Task<object?>> works = fixture.Activities[nameof(StartRescanForS3Events)];
        int calls = 0;
        fixture.Activities[nameof(StartRescanForS3Events)] = input =>
            Interlocked.Increment(ref calls) == 1 ? throw new InvalidOperationException("no store") : works(input);
        await SendAsync();
        await UntilAsync(s => s.Phase == "gathering");
        Pass(Quiet);
        await UntilAsync(s => s.Due == Start + (2 * Quiet));
        Pass(Quiet);

        Assert.Equal(Start + (2 * Quiet), NextStart().At);
        Assert.Equal(2, calls);
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Events_of_a_repository_that_is_gone_are_dropped()
    {
        answers.Enqueue(StartRescanForS3EventsResult.Gone);
        await SendAsync();
        await UntilAsync(s => s.Phase == "gathering");
        Pass(Quiet);

        NextStart();
        await NothingMoreAsync();
    }

    [Fact]
    public async Task A_restart_in_between_loses_no_event()
    {
        await SendAsync();
        await fixture.StopAsync();
        await fixture.StartAsync();
        Pass(TimeSpan.FromMinutes(1));
        await SendAsync();
        await fixture.StopAsync();
        Pass(TimeSpan.FromMinutes(30));
        await fixture.StartAsync();

        Assert.Equal(
            (new StartRescanForS3EventsInput("one", "r1", "name of r1", Start.AddMinutes(1) + Window), Start.AddMinutes(31), 2),
            NextStart());
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Ten_thousand_events_past_the_throttle_give_one_rescan_and_a_short_history()
    {
        await SendAsync();
        await UntilAsync(s => s.Phase == "gathering");
        int longest = 0;
        for (int i = 1; i < 10_000; i++)
        {
            await fixture.Client.RaiseEventAsync(
                "s3-one-r1", S3DebounceOrchestration.ObjectCreatedEvent,
                new S3ObjectCreated(time.GetUtcNow(), new S3DebouncePeriods(Quiet, MaxWait)));
            if (i % 250 == 0)
            {
                longest = Math.Max(longest, await HistoryLengthAsync());
            }
        }

        await UntilAsync(s => s.Events == 10_000);
        Assert.InRange(await HistoryLengthAsync(), 1, 1_000);
        Assert.InRange(longest, 1, 1_000);
        Pass(Quiet);
        Assert.Equal((Start + Quiet, 10_000), NextStart() is { } start ? (start.At, start.Events) : default);
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Ten_thousand_events_through_the_throttle_are_one_in_each_window_and_one_rescan()
    {
        for (int second = 0; second < 100; second++)
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, 100), async (_, cancellation) => await throttle.SendAsync(fixture.Client, One, cancellation));
            Pass(TimeSpan.FromSeconds(1));
        }

        await UntilAsync(s => s.Events == 7);
        Pass(Quiet);

        (StartRescanForS3EventsInput rescan, _, int events) = NextStart();
        Assert.Equal(7, events);
        Assert.True(rescan.EventsUntil >= Start.AddSeconds(99));
        await NothingMoreAsync();
    }

    [Fact]
    public async Task Repositories_do_not_share_a_burst()
    {
        await SendAsync();
        await SendAsync("r2");
        await UntilAsync(s => s.Phase == "gathering");
        await UntilAsync(s => s.Phase == "gathering", "r2");
        Pass(Quiet);

        Assert.Equal(["r1", "r2"], new[] { NextStart(), NextStart() }.Select(s => s.Rescan.RepositoryId).Order());
        await NothingMoreAsync();
    }

    [Fact]
    public async Task An_event_after_the_instance_was_ended_by_hand_starts_it_again()
    {
        await SendAsync();
        await fixture.Client.TerminateInstanceAsync("s3-one-r1", "by hand");
        await fixture.Client.WaitForInstanceCompletionAsync("s3-one-r1");
        Pass(Window);
        await SendAsync();
        await UntilAsync(s => s.Due == Round(time.GetUtcNow()) + Quiet);
    }

    [Fact]
    public async Task An_event_that_could_not_be_passed_on_is_told_to_all_that_share_it_and_tried_anew_by_the_next()
    {
        DurableTaskClient gone = fixture.Client;
        await fixture.StopAsync();

        Task[] all = [.. Enumerable.Range(0, 20).Select(_ => throttle.SendAsync(gone, One, CancellationToken.None))];
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.All(all, t => Assert.True(t.IsFaulted));
        await fixture.StartAsync();
        await SendAsync();
        await UntilAsync(s => s.Phase == "gathering");
    }

    [Fact]
    public async Task A_change_of_the_periods_reaches_a_burst_under_way()
    {
        await SendAsync();
        await UntilAsync(s => s.Due == Start + Quiet);
        S3EventThrottle changed = new(Options.Create(new S3HookOptions { QuietPeriod = TimeSpan.FromMinutes(1) }), time);

        await changed.SendAsync(fixture.Client, One, CancellationToken.None);
        await UntilAsync(s => s.Due == Start + TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("00:10:00", "00:00:15")]
    [InlineData("00:00:40", "00:00:10")]
    [InlineData("00:00:00.400", "00:00:00.100")]
    public void The_window_is_a_quarter_of_the_quiet_period_and_15_seconds_at_the_most(string quiet, string window) =>
        Assert.Equal(TimeSpan.Parse(window, null), new S3DebouncePeriods(TimeSpan.Parse(quiet, null), MaxWait).Window);

    [Fact]
    public void A_sender_whose_clock_is_ahead_does_not_put_the_rescan_off() =>
        Assert.Equal(
            Start + Quiet,
            new S3DebounceState("one", "r1", "n", new(Quiet, MaxWait)).With(new S3ObjectCreated(Start.AddDays(1), null), Start).Due);

    private static DateTimeOffset Round(DateTimeOffset t) => DateTimeOffset.FromUnixTimeSeconds((t.ToUnixTimeMilliseconds() + 500) / 1000);

    private static ListedRepository Listed(string id) => new("one", new Repository(id, "name of " + id, "bucket", id));

    private Task SendAsync(string id = "r1") => throttle.SendAsync(fixture.Client, Listed(id), CancellationToken.None);

    private async Task NoteAsync(string? input)
    {
        StartRescanForS3EventsInput rescan = JsonSerializer.Deserialize<StartRescanForS3EventsInput>(input!, JsonSerializerOptions.Web)!;
        int events = (await StatusAsync(rescan.RepositoryId))!.Events;
        starts.Add((rescan with { EventsUntil = Round(rescan.EventsUntil) }, Round(time.GetUtcNow()), events));
    }

    private (StartRescanForS3EventsInput Rescan, DateTimeOffset At, int Events) NextStart() =>
        starts.TryTake(out (StartRescanForS3EventsInput, DateTimeOffset, int) start, TimeSpan.FromSeconds(30))
        ? start : throw new TimeoutException("No rescan was started.");

    /// <summary>An idle instance has read everything that was sent to it.</summary>
    private async Task NothingMoreAsync()
    {
        await UntilAsync(s => s.Phase == "idle");
        Assert.Empty(starts);
    }

    private async Task UntilAsync(Func<S3DebounceStatus, bool> holds, string id = "r1")
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        S3DebounceStatus? status = null;
        while ((status = await StatusAsync(id)) is null || !holds(status))
        {
            Assert.False(patience.IsCancellationRequested, $"The status stayed {status}.");
            await Task.Delay(5);
        }
    }

    private async Task<S3DebounceStatus?> StatusAsync(string id)
    {
        OrchestrationMetadata? instance = await fixture.Client.GetInstanceAsync(S3DebounceOrchestration.InstanceIdOf("one", id), true);
        return instance?.ReadCustomStatusAs<S3DebounceStatus>() is { } status
            ? status with { Due = status.Due is { } due ? Round(due) : null } : null;
    }

    /// <summary>The engine wakes a millisecond after a timer's time.</summary>
    private void Pass(TimeSpan span) => time.Advance(span + TimeSpan.FromMilliseconds(1));

    private async Task<int> HistoryLengthAsync() => (await fixture.Client.GetOrchestrationHistoryAsync("s3-one-r1")).Count;
}
