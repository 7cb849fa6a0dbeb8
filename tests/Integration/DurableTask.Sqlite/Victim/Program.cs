// A process that owns a task hub and says what was acknowledged to it, to be stopped and killed by tests.
// Arguments: FILE TAKEOVER_SECONDS PREFIX MODE; MODE is load, finish, idle, hold or wait.
using DurableTask.Core;
using DurableTask.Sqlite;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;

const int Lost = 3;
(string file, int takeover, string prefix, string mode) =
    (args[0], int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture), args[2], args[3]);
SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(file) { TakeoverDelay = TimeSpan.FromSeconds(takeover) });
_ = service.Lost.ContinueWith(
    async lost =>
    {
        Say($"lost {(await lost).Kind} {(await lost).Message}");
        Environment.Exit(Lost);
    },
    TaskScheduler.Default);
DurableTaskShimFactory shims = new();
using TaskHubWorker worker = new(service, NullLoggerFactory.Instance) { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
worker.AddTaskOrchestrations(
    new Creator<TaskOrchestration>("Two", () => shims.CreateOrchestration<string, string>("Two", async (context, input) =>
{
    string first = (await context.CallActivityAsync<string>("Echo", input + "1"))!;
    await context.CreateTimer(context.CurrentUtcDateTime.AddMilliseconds(20), CancellationToken.None);
    return await context.CallActivityAsync<string>("Echo", first + "2");
})));
worker.AddTaskOrchestrations(
    new Creator<TaskOrchestration>("Sleep", () => shims.CreateOrchestration<string, string>("Sleep", async (context, input) =>
{
    await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
    return input;
})));
worker.AddTaskActivities(
    new Creator<TaskActivity>("Echo", () => shims.CreateActivity<string, string>("Echo", (_, input) => Task.FromResult(input))));
await service.CreateIfNotExistsAsync();
Say("ready");
await worker.StartAsync();
Say("owner");
TaskHubClient client = new(service, null, NullLoggerFactory.Instance);
if (mode == "finish")
{
    while (service.Database.Read(db => db.QueryInt64("SELECT count(*) FROM instances WHERE status NOT IN (1, 3, 5)")) > 0)
    {
        await Task.Delay(20);
    }

    await worker.StopAsync(true);
    Say("finished");
    return 0;
}

if (mode == "wait")
{
    const int Many = 10_000;
    await SleepAsync(100);
    long before = GC.GetTotalMemory(forceFullCollection: true);
    await SleepAsync(Many);
    Say($"bytes {(GC.GetTotalMemory(forceFullCollection: true) - before) / Many}");
}

if (mode == "hold")
{
    // A transaction that is open until the process has been stopped.
    try
    {
        await service.Database.WriteAsync(db =>
        {
            Say("holding");
            _ = Console.In.ReadLine();
        });
        Say("released");
    }
    catch (Exception e)
    {
        // The process ends because it has lost its hub, and not because this throws first.
        Say($"refused {e.Message}");
        await Task.Delay(Timeout.Infinite);
    }
}

if (mode == "load")
{
    int next = 0;
    _ = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
    {
        while (true)
        {
            string id = $"{prefix}-{Interlocked.Increment(ref next)}";
            OrchestrationInstance instance = await client.CreateOrchestrationInstanceAsync("Two", "", id, id);
            Say($"acked {id}");
            if (await client.WaitForOrchestrationAsync(
                instance, TimeSpan.FromMinutes(5)) is { OrchestrationStatus: OrchestrationStatus.Completed })
            {
                Say($"done {id}");
            }
        }
    })));
}

if (await Console.In.ReadLineAsync() == "stop")
{
    await worker.StopAsync(true);
    Say("stopped");
}

return 0;

async Task SleepAsync(int count)
{
    await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 500 }, async (i, _) =>
        await client.CreateOrchestrationInstanceAsync("Sleep", "", Guid.NewGuid().ToString("N"), ""));
    while (service.InMemory > 0)
    {
        await Task.Delay(20);
    }
}

static void Say(string line)
{
    lock (Console.Out)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}

internal sealed class Creator<T> : ObjectCreator<T>
{
    private readonly Func<T> make;

    public Creator(string name, Func<T> make)
    {
        (Name, Version) = (name, "");
        this.make = make;
    }

    public override T Create() => make();
}
