using System.Net;
using System.Net.Sockets;

namespace Rescan.Tests.Support;

/// <summary>A forwarded port: what connects here is connected to another port of this machine.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;
    private int target;

    private Relay(int port)
    {
        target = port;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Where new connections lead.</summary>
    public int Target
    {
        set => Volatile.Write(ref target, value);
    }

    public static Relay To(int port) => new(port);

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Dispose();
        await accepting;
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                open.Add(CarryAsync(await listener.AcceptTcpClientAsync(end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task CarryAsync(TcpClient from)
    {
        using TcpClient near = from;
        using TcpClient far = new();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref target), end.Token);
            await Task.WhenAny(
                near.GetStream().CopyToAsync(far.GetStream(), end.Token), far.GetStream().CopyToAsync(near.GetStream(), end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            // Either side is gone.
        }
    }
}
