using DurableTask.Core;
using DurableTask.Core.Query;
using DurableTask.Sqlite;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>A real worker and a real client over the provider on a real file.</summary>
internal sealed class Hub : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DurableTaskShimFactory factory = new();
    private bool started;

    public Hub(string file, TimeProvider? time = null, Func<SqliteOrchestrationServiceSettings,
        SqliteOrchestrationServiceSettings>? with = null)
    {
        SqliteOrchestrationServiceSettings settings = new(file) { TimeProvider = time ?? TimeProvider.System };
        Service = new SqliteOrchestrationService(with?.Invoke(settings) ?? settings);
        Worker = new TaskHubWorker(Service, NullLoggerFactory.Instance) { ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails };
        Client = new TaskHubClient(Service, null, NullLoggerFactory.Instance);
    }

    public SqliteOrchestrationService Service { get; }

    public TaskHubWorker Worker { get; }

    public TaskHubClient Client { get; }

    public Hub Orchestrator<TInput, TOutput>(string name, Func<TaskOrchestrationContext, TInput?, Task<TOutput?>> run, string version = "")
    {
        Worker.AddTaskOrchestrations(new Creator<TaskOrchestration>(name, version, () => factory.CreateOrchestration(name, run)));
        return this;
    }

    public Hub Activity<TInput, TOutput>(string name, Func<TInput?, Task<TOutput?>> run)
    {
        Worker.AddTaskActivities(
            new Creator<TaskActivity>(name, "", () => factory.CreateActivity<TInput, TOutput>(name, (_, input) => run(input))));
        return this;
    }

    public async Task<Hub> StartAsync()
    {
        await Service.CreateIfNotExistsAsync();
        await Worker.StartAsync();
        started = true;
        return this;
    }

    public async Task<string> RunAsync(string name, object? input = null, string? id = null)
    {
        string instance = await BeginAsync(name, input, id);
        OrchestrationState end = await EndAsync(instance);
        Assert.True(end.OrchestrationStatus == OrchestrationStatus.Completed, $"{end.OrchestrationStatus}: {end.Output}");
        return end.Output;
    }

    public async Task<string> BeginAsync(string name, object? input = null, string? id = null) =>
        (await Client.CreateOrchestrationInstanceAsync(name, "", id ?? Guid.NewGuid().ToString("N"), input)).InstanceId;

    public async Task<OrchestrationState> EndAsync(string id) =>
        await Service.WaitForOrchestrationAsync(id, "", Patience, CancellationToken.None)
            ?? throw new TimeoutException($"{id} is {(await StateAsync(id))?.OrchestrationStatus}");

    public async Task<OrchestrationState?> StateAsync(string id) => (await Service.GetOrchestrationStateAsync(id, false)).SingleOrDefault();

    public async Task<OrchestrationState> UntilAsync(string id, Func<OrchestrationState, bool> condition)
    {
        OrchestrationState? state = null;
        await Eventually.Async(async () => (state = await StateAsync(id)) is not null && condition(state));
        return state!;
    }

    public Task RaiseAsync(string id, string name, object? data) =>
        Client.RaiseEventAsync(new OrchestrationInstance { InstanceId = id }, name, data!);

    public async Task<List<OrchestrationState>> QueryAsync(OrchestrationQuery query)
    {
        List<OrchestrationState> all = [];
        do
        {
            OrchestrationQueryResult page = await Service.GetOrchestrationWithQueryAsync(query, CancellationToken.None);
            all.AddRange(page.OrchestrationState);
            query.ContinuationToken = page.ContinuationToken;
        }
        while (query.ContinuationToken is not null);
        return all;
    }

    public async Task StopAsync()
    {
        if (started)
        {
            started = false;
            await Worker.StopAsync(true);
        }

        await Service.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Worker.Dispose();
        await Service.DisposeAsync();
    }

    private sealed class Creator<T> : ObjectCreator<T>
    {
        private readonly Func<T> make;

        public Creator(string name, string version, Func<T> make)
        {
            (Name, Version) = (name, version);
            this.make = make;
        }

        public override T Create() => make();
    }
}

/// <summary>Waits for a condition.</summary>
internal static class Eventually
{
    public static async Task Async(Func<Task<bool>> condition, int seconds = 60)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    public static Task Async(Func<bool> condition, int seconds = 60) => Async(() => Task.FromResult(condition()), seconds);
}

/// <summary>A folder that goes with the test.</summary>
public abstract class InAFolder : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("durabletask-sqlite-").FullName;

    protected string File => Path.Combine(Folder, "hub.db");

    public virtual void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
