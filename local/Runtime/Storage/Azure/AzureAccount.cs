using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Rescan.Local.Runtime.Storage;

/// <summary>The clients of one storage account, and the count of what they send.</summary>
internal sealed partial class AzureAccount
{
    private readonly string storage;
    private readonly RequestPolicy policy = new();

    /// <summary>Reads the text that says which account.</summary>
    /// <exception cref="StateStoreException">It is neither a connection string nor an account's address.</exception>
    public AzureAccount(string storage)
    {
        this.storage = storage;
        try
        {
            if (Uri.TryCreate(storage, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http")
            {
                DefaultAzureCredential identity = new();
                Tables = new TableServiceClient(Of(uri!, "table"), identity, TableOptions());
                Blobs = new BlobServiceClient(Of(uri!, "blob"), identity, BlobOptions(10));
                LeaseBlobs = new BlobServiceClient(Of(uri!, "blob"), identity, BlobOptions(0));
            }
            else
            {
                Tables = new TableServiceClient(storage, TableOptions());
                Blobs = new BlobServiceClient(storage, BlobOptions(10));
                LeaseBlobs = new BlobServiceClient(storage, BlobOptions(0));
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The text may hold a key: neither it nor the parser's words about it may show.
            throw new StateStoreException(
                "The storage is neither 'UseDevelopmentStorage=true', nor a connection string, nor an account's address such as https://name.blob.core.windows.net.");
        }
    }

    public TableServiceClient Tables { get; }

    public BlobServiceClient Blobs { get; }

    /// <summary>Blobs without retries: whoever renews a lease must know at once.</summary>
    public BlobServiceClient LeaseBlobs { get; }

    /// <summary>Requests sent so far, retries included.</summary>
    public long Requests => policy.Count;

    /// <summary>What to say of where the hub is; no secrets.</summary>
    public string Name => Blobs.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>Throws before a write when the hub is no longer ours.</summary>
    public Action RequireOwnership
    {
        set => policy.RequireOwnership = value;
    }

    public static Uri Of(Uri account, string service) => new(ServiceInHost().Replace(account.GetLeftPart(UriPartial.Path), $".{service}."));

    [GeneratedRegex(@"\.(blob|table|queue|file)\.", RegexOptions.IgnoreCase)]
    private static partial Regex ServiceInHost();

    private static void Retry(RetryOptions retry, int times)
    {
        retry.MaxRetries = times;
        retry.Mode = RetryMode.Exponential;
        retry.Delay = TimeSpan.FromMilliseconds(200);
        retry.MaxDelay = TimeSpan.FromSeconds(5);
        retry.NetworkTimeout = TimeSpan.FromSeconds(10);
    }

    private TableClientOptions TableOptions()
    {
        TableClientOptions options = new();
        Retry(options.Retry, 10);
        options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        return options;
    }

    private BlobClientOptions BlobOptions(int retries)
    {
        // A version that every emulator in use understands.
        BlobClientOptions options = new(BlobClientOptions.ServiceVersion.V2021_12_02);
        Retry(options.Retry, retries);
        options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        return options;
    }

    private sealed class RequestPolicy : HttpPipelineSynchronousPolicy
    {
        private long count;

        public long Count => Interlocked.Read(ref count);

        public Action? RequireOwnership { get; set; }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Method != RequestMethod.Get && message.Request.Method != RequestMethod.Head && !message.Request.Uri.Query.Contains("comp=lease", StringComparison.Ordinal))
            {
                // Asked before every try: a retry may come long after the lease has gone to another.
                RequireOwnership?.Invoke();
            }

            Interlocked.Increment(ref count);
        }
    }
}
