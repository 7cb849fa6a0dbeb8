using System.Diagnostics.Metrics;

namespace Rescan.Bench.Cost;

/// <summary>
/// Counts the HTTP requests that this process sends to a port, whoever sends them, by what .NET itself tells of its HTTP clients.
/// </summary>
internal sealed class StorageRequests : IDisposable
{
    private readonly MeterListener listener = new();
    private long count;

    public StorageRequests(int port)
    {
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.request.duration" })
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "server.port" && tag.Value is int at && at == port)
                {
                    Interlocked.Increment(ref count);
                }
            }
        });
        listener.Start();
    }

    /// <summary>Requests so far.</summary>
    public long Count => Interlocked.Read(ref count);

    public void Dispose() => listener.Dispose();
}
