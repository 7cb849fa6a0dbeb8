using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using DurableTask.AzureStorage;

namespace Rescan.Local.Runtime.Durable;

/// <summary>The clients of one storage account, and the count of what they send.</summary>
internal sealed partial class AzureAccount
{
    private static readonly string Expected =
        "The storage is neither 'UseDevelopmentStorage=true', nor a connection string, nor an account's address such as "
            + "https://name.blob.core.windows.net.";

    private readonly CountingPolicy counting = new();

    /// <summary>Reads the text that says which account.</summary>
    /// <exception cref="TaskHubException">It is neither a connection string nor an account's address.</exception>
    public AzureAccount(string storage)
    {
        try
        {
            (BlobClientOptions blobs, QueueClientOptions queues, TableClientOptions tables) =
                (Counted(new BlobClientOptions()), Counted(new QueueClientOptions()), Counted(new TableClientOptions()));
            if (Uri.TryCreate(storage, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http")
            {
                DefaultAzureCredential identity = new();
                Clients = new StorageAccountClientProvider(
                    StorageServiceClientProvider.ForBlob(Of(uri!, "blob"), identity, blobs),
                    StorageServiceClientProvider.ForQueue(Of(uri!, "queue"), identity, queues),
                    StorageServiceClientProvider.ForTable(Of(uri!, "table"), identity, tables));
            }
            else
            {
                Clients = new StorageAccountClientProvider(
                    StorageServiceClientProvider.ForBlob(storage, blobs), StorageServiceClientProvider.ForQueue(storage, queues),
                    StorageServiceClientProvider.ForTable(storage, tables));
            }

            Tables = Clients.Table.CreateClient(Counted(new TableClientOptions()));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The text may hold a key: neither it nor the parser's words about it may show.
            throw new TaskHubException(Expected);
        }
    }

    /// <summary>What the storage provider makes its clients by.</summary>
    public StorageAccountClientProvider Clients { get; }

    /// <summary>The tables, for the runtime itself.</summary>
    public TableServiceClient Tables { get; }

    /// <summary>Requests sent so far, retries included.</summary>
    public long Requests => counting.Count;

    /// <summary>What to say of where it is; no secrets.</summary>
    public string Name => Tables.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>Whether it is an emulator on this machine, where a request costs nothing.</summary>
    public bool IsEmulator => Tables.Uri.IsLoopback;

    /// <summary>The address of one of an account's services, from that of any.</summary>
    public static Uri Of(Uri account, string service) => new(ServiceInHost().Replace(account.GetLeftPart(UriPartial.Path), $".{service}."));

    [GeneratedRegex(@"\.(blob|table|queue|file)\.", RegexOptions.IgnoreCase)]
    private static partial Regex ServiceInHost();

    private T Counted<T>(T options)
        where T : ClientOptions
    {
        options.AddPolicy(counting, HttpPipelinePosition.PerRetry);
        return options;
    }

    private sealed class CountingPolicy : HttpPipelineSynchronousPolicy
    {
        private long count;

        public long Count => Interlocked.Read(ref count);

        public override void OnSendingRequest(HttpMessage message) => Interlocked.Increment(ref count);
    }
}
