using System.Globalization;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runs;

/// <summary>What a run asks of the table.</summary>
public sealed class RunReadsTests
{
    private const int Repositories = 50;

    [Fact]
    public async Task A_step_reads_the_outcomes_only_of_rescans_that_told_their_end()
    {
        ReadCounts reads = new();
        SimulatorOptions options = new()
        {
            SessionDuration = TimeSpan.FromMilliseconds(300),
            Repositories = [.. Enumerable.Range(0, Repositories).Select(i => new SimulatedRepository(
                new Guid(0, (short)i, 0, new byte[8]).ToString(), string.Create(CultureInfo.InvariantCulture, $"repository-{i}"), "bucket",
                $"folder-{i}"))],
        };
        Dictionary<string, string?> settings = new() { ["Rescan:Appliances:0:MaxConcurrentRescans"] = "10" };
        await using ApiHost api = await ApiHost.StartAsync([options], settings, configure: services =>
        {
            ServiceDescriptor table = services.Last(s => s.ServiceType == typeof(ITable));
            services.AddSingleton<ITable>(s => new CountingTable((ITable)table.ImplementationFactory!(s), reads));
        });

        RunStarter starter = api.Host.Services.GetRequiredService<RunStarter>();
        string id = (await starter.StartAsync(api.Host.Client, null, new RepositoryFilter(), "run-reads", null, default)).Id;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        OrchestrationMetadata end = await api.Host.Client.WaitForInstanceCompletionAsync(id, true, patience.Token);

        Assert.Equal(Repositories, end.ReadOutputAs<RunRecord>()!.Counts["Succeeded"]);

        // One before each start, since an earlier try may have started it, and one after each end. A machine so slow that the run takes
        // minutes may look at all in flight now and then.
        Assert.InRange(reads.Missing, Repositories, Repositories + 10);
        Assert.InRange(reads.Found, Repositories, Repositories + 10);
    }

    private sealed class ReadCounts
    {
        private int missing;
        private int found;

        public int Missing => missing;

        public int Found => found;

        public void Add(string key, TableRow? row)
        {
            if (key.StartsWith("request!", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref row is null ? ref missing : ref found);
            }
        }
    }

    private sealed class CountingTable(ITable inner, ReadCounts reads) : ITable
    {
        public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

        public async Task<TableRow?> GetAsync(string partition, string key, CancellationToken cancellationToken)
        {
            TableRow? row = await inner.GetAsync(partition, key, cancellationToken);
            reads.Add(key, row);
            return row;
        }

        public IAsyncEnumerable<TableRow> QueryAsync(string partition, KeyRange range, int limit, CancellationToken cancellationToken) =>
            inner.QueryAsync(partition, range, limit, cancellationToken);

        public Task<bool> TryWriteAsync(string partition, IReadOnlyList<TableChange> changes, CancellationToken cancellationToken) =>
            inner.TryWriteAsync(partition, changes, cancellationToken);
    }
}
