using System.Globalization;
using System.Text.RegularExpressions;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using DurableTask.AzureStorage;
using DurableTask.Core;

namespace Rescan.Local.Runtime.Durable;

/// <summary>
/// A task hub in Azure Storage, by Microsoft's provider: the same kind that the Functions app has. As many
/// processes as wanted share its work.
/// </summary>
internal sealed partial class AzureTaskHub : TaskHub
{
    private const string AppName = "rescan";

    // What a killed process had taken shows again after this time; work that takes longer is renewed meanwhile.
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(5);

    private readonly AzureAccount account;
    private readonly AzureStorageOrchestrationService service;

    private AzureTaskHub(AzureAccount account, AzureStorageOrchestrationService service, ITaskHubValues values)
    {
        this.account = account;
        this.service = service;
        Values = values;
    }

    /// <summary>The provider retries for ever: a hub in Azure Storage is out of reach at times, and never lost.</summary>
    public override Task<Exception> Failed { get; } = new TaskCompletionSource<Exception>().Task;

    internal override IOrchestrationService Service => service;

    internal override IOrchestrationServiceClient Client => service;

    internal override ITaskHubValues Values { get; }

    /// <summary>Requests sent to the account so far, retries and polls of queues included.</summary>
    internal long Requests => account.Requests;

    /// <summary>Opens the hub, made when absent.</summary>
    /// <exception cref="TaskHubException">The name is not valid, or the account cannot be reached.</exception>
    public static Task<TaskHub> OpenAsync(string storage, TaskHubOptions options, CancellationToken cancellationToken) =>
        ReachAsync(storage, options, async account =>
    {
        AzureStorageOrchestrationService service = new(Settings(account, options));
        await service.CreateIfNotExistsAsync().WaitAsync(cancellationToken);
        TableClient values = account.Tables.GetTableClient(options.Name + "Runtime");
        await values.CreateIfNotExistsAsync(cancellationToken);
        return (TaskHub)new AzureTaskHub(account, service, new AzureTaskHubValues(values));
    });

    /// <summary>Opens the hub for a client that looks; null when there is none.</summary>
    public static Task<TaskHub?> OpenToReadAsync(string storage, TaskHubOptions options, CancellationToken cancellationToken) =>
        ReachAsync(storage, options, async account =>
    {
        string instances = options.Name + "Instances";
        await foreach (Azure.Data.Tables.Models.TableItem _ in account.Tables.QueryAsync(
            t => t.Name == instances, cancellationToken: cancellationToken))
        {
            return (TaskHub?)new AzureTaskHub(
                account, new AzureStorageOrchestrationService(Settings(account, options)),
                new AzureTaskHubValues(account.Tables.GetTableClient(options.Name + "Runtime")));
        }

        return null;
    });

    public override ValueTask DisposeAsync()
    {
        service.Dispose();
        return ValueTask.CompletedTask;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,39}$")]
    private static partial Regex ValidName();

    private static AzureStorageOrchestrationServiceSettings Settings(AzureAccount account, TaskHubOptions options)
    {
        AzureStorageOrchestrationServiceSettings settings = new()
        {
            AppName = AppName,
            WorkerId = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}"),
            TaskHubName = options.Name,
            StorageAccountClientProvider = account.Clients,
            ThrowExceptionOnInvalidDedupeStatus = true,
            MaxConcurrentTaskActivityWorkItems = 64,
            MaxQueuePollingInterval = account.IsEmulator ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(5),
            ControlQueueVisibilityTimeout = Visibility,
            WorkItemQueueVisibilityTimeout = Visibility,
            LeaseInterval = Lease,
            LeaseRenewInterval = Renewal,
            LeaseAcquireInterval = Renewal,
        };
        if (options.Loggers is { } loggers)
        {
            settings.LoggerFactory = loggers;
        }

        return settings;
    }

    private static async Task<T> ReachAsync<T>(string storage, TaskHubOptions options, Func<AzureAccount, Task<T>> open)
    {
        if (!ValidName().IsMatch(options.Name))
        {
            throw new TaskHubException($"'{options.Name}' is no name of a task hub: 3 to 40 letters and digits, a letter first.");
        }

        AzureAccount account = new(storage);
        try
        {
            return await open(account);
        }
        catch (Exception e) when (Root(e) is RequestFailedException or AuthenticationFailedException or HttpRequestException or IOException)
        {
            throw new TaskHubException(
                $"The task hub '{options.Name}' in {account.Name} cannot be used: {Root(e).Message.Split('\n')[0].Trim()}", e);
        }
    }

    /// <summary>The provider wraps what the account answered.</summary>
    private static Exception Root(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Root(first),
        RequestFailedException or AuthenticationFailedException => e,
        { InnerException: { } inner } => Root(inner),
        _ => e,
    };
}
