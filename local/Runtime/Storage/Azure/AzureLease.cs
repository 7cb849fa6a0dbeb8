using Rescan.Local.Runtime.Hosting;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Rescan.Local.Runtime.Storage;

/// <summary>Ownership of a task hub: the lease of a blob, renewed while this process lives, free again soon after it dies.</summary>
internal sealed class AzureLease : IAsyncDisposable
{
    /// <summary>How long the hub stays ours after the last renewal.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(45);

    private const string SchemaKey = "schema";
    private const string OwnerKey = "owner";
    private const string LeaseKey = "lease";

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(2);

    // A request sent this late may still be on its way when the lease ends.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly BlobClient blob;
    private readonly BlobLeaseClient lease;
    private readonly string name;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private long renewed;
    private Task? renewing;
    private volatile bool lost;

    private AzureLease(BlobClient blob, BlobLeaseClient lease, string name, TimeProvider time, long renewed)
    {
        this.blob = blob;
        this.lease = lease;
        this.name = name;
        this.time = time;
        this.renewed = renewed;
    }

    /// <summary>Takes the lease, waiting for it where asked to.</summary>
    /// <exception cref="StateStoreInUseException">Another process holds it.</exception>
    public static async Task<AzureLease> AcquireAsync(
        BlobContainerClient container, string name, bool wait, Action? onWait, TimeProvider time, CancellationToken cancellationToken)
    {
        BlobClient blob = container.GetBlobClient("owner");
        if (!await container.ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            long asked = time.GetTimestamp();
            BlobLeaseClient lease = blob.GetBlobLeaseClient();
            try
            {
                await lease.AcquireAsync(Duration, cancellationToken: cancellationToken).ConfigureAwait(false);
                return new AzureLease(blob, lease, name, time, asked);
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
            {
                try
                {
                    await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, cancellationToken).ConfigureAwait(false);
                }
                catch (RequestFailedException raced) when (raced.Status is 409 or 412)
                {
                    continue;
                }
            }
            catch (RequestFailedException e) when (e.Status == 409)
            {
                if (await InheritAsync(blob, cancellationToken).ConfigureAwait(false) is { } inherited)
                {
                    return new AzureLease(blob, inherited, name, time, asked);
                }

                if (!wait)
                {
                    throw new StateStoreInUseException(
                        $"The task hub {name} is in use by another process. Stop that one and wait a minute, stand by for it, or choose another hub.", e);
                }

                onWait?.Invoke();
                onWait = null;
                await Task.Delay(RetryEvery, time, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (wait && e.Status is 0 or 408 or 429 or >= 500)
            {
                await Task.Delay(RetryEvery, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The version of what the hub holds; 0 when it holds nothing yet.</summary>
    public async Task<int> GetSchemaAsync(CancellationToken cancellationToken)
    {
        BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return properties.Metadata.TryGetValue(SchemaKey, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Says in the hub what version it holds, and who owns it.</summary>
    public Task SignAsync(int version, CancellationToken cancellationToken) => blob.SetMetadataAsync(
        new Dictionary<string, string>
        {
            [SchemaKey] = version.ToString(CultureInfo.InvariantCulture),
            [OwnerKey] = ProcessName.Current,
            [LeaseKey] = lease.LeaseId,
        },
        new BlobRequestConditions { LeaseId = lease.LeaseId },
        cancellationToken);

    /// <summary>Renews the lease from now on.</summary>
    /// <param name="onLost">Called once when the hub is no longer ours.</param>
    public void Keep(Action<StateStoreException> onLost) => renewing = RenewAsync(onLost);

    /// <summary>Throws unless the hub is surely ours.</summary>
    /// <exception cref="StateStoreException">It may be another's by now.</exception>
    public void Require()
    {
        if (lost || time.GetElapsedTime(Interlocked.Read(ref renewed)) > Duration - Margin)
        {
            throw Lost(null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        if (renewing is not null)
        {
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            await lease.ReleaseAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or TaskCanceledException)
        {
            // It is not ours any more, or ends by itself soon.
        }

        stopping.Dispose();
    }

    /// <summary>Takes the lease of a process that died on this machine, without waiting for its end.</summary>
    private static async Task<BlobLeaseClient?> InheritAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        BlobProperties properties = await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!properties.Metadata.TryGetValue(OwnerKey, out string? owner) || !properties.Metadata.TryGetValue(LeaseKey, out string? id) || !ProcessName.IsDead(owner))
        {
            return null;
        }

        try
        {
            // Of several heirs only one gets to change the dead one's id.
            BlobLeaseClient lease = blob.GetBlobLeaseClient(id);
            await lease.AcquireAsync(Duration, cancellationToken: cancellationToken).ConfigureAwait(false);
            await lease.ChangeAsync(Guid.NewGuid().ToString(), cancellationToken: cancellationToken).ConfigureAwait(false);
            return lease;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            return null;
        }
    }

    private async Task RenewAsync(Action<StateStoreException> onLost)
    {
        TimeSpan wait = RenewEvery;
        while (true)
        {
            await Task.Delay(wait, time, stopping.Token).ConfigureAwait(false);
            long asked = time.GetTimestamp();
            try
            {
                await lease.RenewAsync(cancellationToken: stopping.Token).ConfigureAwait(false);
                Interlocked.Exchange(ref renewed, asked);
                wait = RenewEvery;
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                lost = true;
                onLost(Lost(e));
                return;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                wait = RetryEvery;
                if (time.GetElapsedTime(Interlocked.Read(ref renewed)) > Duration - Margin)
                {
                    lost = true;
                    onLost(Lost(e));
                    return;
                }
            }
        }
    }

    private StateStoreException Lost(Exception? cause) =>
        new($"The task hub {name} is no longer owned by this process: its lease could not be renewed in time. Another process may have taken over.", cause);
}
