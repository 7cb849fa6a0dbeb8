using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rescan.Tests.Support;

/// <summary>
/// One connection to the server, kept alive as long as the server does, without anything that would put a request in order.
/// </summary>
internal sealed class RawConnection(int port) : IDisposable
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private TcpClient? client;
    private int start;
    private int end;

    /// <returns>The status; 0 when the server hung up without an answer, which it may do over what is no HTTP.</returns>
    public async Task<int> SendAsync(byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            if (client is null)
            {
                client = new TcpClient { NoDelay = true };
                (start, end) = (0, 0);
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            }

            await client.GetStream().WriteAsync(request, cancellationToken);
            (int status, bool goesOn) = await ReadAsync(isHead: request.AsSpan().StartsWith("HEAD "u8), cancellationToken);
            if (!goesOn)
            {
                Close();
            }

            return status;
        }
        catch (IOException)
        {
            Close();
            return 0;
        }
    }

    public void Dispose() => Close();

    private void Close()
    {
        client?.Dispose();
        client = null;
    }

    private async Task<(int Status, bool GoesOn)> ReadAsync(bool isHead, CancellationToken cancellationToken)
    {
        string[] head = (await ReadToAsync("\r\n\r\n", cancellationToken)).Split("\r\n");
        int status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
        string? Header(string name) =>
            Array.Find(head, h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        bool goesOn = !string.Equals(Header("Connection"), "close", StringComparison.OrdinalIgnoreCase);
        if (isHead || status is 204 or 304)
        {
            return (status, goesOn);
        }

        if (Header("Content-Length") is { } length)
        {
            await SkipAsync(int.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
            return (status, goesOn);
        }

        if (Header("Transfer-Encoding") is not null)
        {
            for (int chunk = -1; chunk != 0;)
            {
                chunk = int.Parse(await ReadToAsync("\r\n", cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await SkipAsync(chunk + 2, cancellationToken);
            }
        }

        return (status, goesOn);
    }

    private async Task<string> ReadToAsync(string mark, CancellationToken cancellationToken)
    {
        byte[] wanted = Encoding.ASCII.GetBytes(mark);
        while (true)
        {
            int at = buffer.AsSpan(start, end - start).IndexOf(wanted);
            if (at >= 0)
            {
                string text = Encoding.Latin1.GetString(buffer, start, at);
                start += at + wanted.Length;
                return text;
            }

            await FillAsync(cancellationToken);
        }
    }

    private async Task SkipAsync(int count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (start == end)
            {
                await FillAsync(cancellationToken);
            }

            int taken = Math.Min(count, end - start);
            start += taken;
            count -= taken;
        }
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        int read = await client!.GetStream().ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += read > 0 ? read : throw new IOException("The server hung up.");
    }
}
