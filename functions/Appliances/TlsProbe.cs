using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Rescan.Functions.Display;

namespace Rescan.Functions.Appliances;

/// <summary>Finds out what is at a port with which TLS could not be agreed on, by the first bytes that it answers a hello with.</summary>
internal static class TlsProbe
{
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const int ServerHello = 2;
    private const int ProtocolVersionAlert = 70;
    private const int MaxShown = 60;
    private const int EnoughBytes = 11;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Says in words what is there.</summary>
    /// <param name="address">The appliance's address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found; null when nothing could be found out.</returns>
    public static async Task<TlsFinding?> FindAsync(Uri address, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            byte[] answer = await AskAsync(address, Hello(address.IdnHost), patience.Token);
            TlsFinding? finding = Read(answer);
            if (finding is not null && !IsUnknown(answer))
            {
                return finding;
            }

            // Some servers close the connection at bytes that are none of their protocol, or answer them with a page and no status line, so
            // HTTP is tried as what it is.
            byte[] request = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {address.IdnHost}\r\nConnection: close\r\n\r\n");
            byte[] plain = await AskAsync(address, request, patience.Token);
            return (finding is null || plain.AsSpan().StartsWith(Http) ? Read(plain) : finding)
                ?? new TlsFinding(
                    $"the server closed the connection during the TLS handshake: is "
                        + $"{address.Port.ToString(CultureInfo.InvariantCulture)} the right port?", IsConfiguration: false);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new TlsFinding("the server takes the connection but does not answer the TLS handshake", IsConfiguration: false);
        }
    }

    /// <summary>What the first bytes of a server say.</summary>
    internal static TlsFinding? Read(ReadOnlySpan<byte> answer)
    {
        if (answer.StartsWith(Http))
        {
            return new TlsFinding("the port answers plain HTTP, not HTTPS", IsConfiguration: true);
        }

        if (answer.StartsWith(Ssh))
        {
            return new TlsFinding("an SSH server answers at this port", IsConfiguration: true);
        }

        if (!IsTls(answer))
        {
            return answer.Length == 0
                ? null
                : new TlsFinding(
                    $"the server does not speak TLS; it begins with '{SafeText.Line(Encoding.Latin1.GetString(answer), MaxShown)}'",
                    IsConfiguration: true);
        }

        bool isHello = answer[0] == Handshake && answer.Length >= EnoughBytes && answer[5] == ServerHello;
        ushort version = BinaryPrimitives.ReadUInt16BigEndian(answer[(isHello ? 9 : 1)..]);
        bool isOld = version < 0x0303 && (isHello || (answer.Length >= 7 && answer[6] == ProtocolVersionAlert));
        return isOld ? new TlsFinding(
            $"the server offers only {NameOf(version)}, which is not safe any more; TLS 1.2 is the least that is accepted",
            IsConfiguration: true)
            : isHello || answer.Length < 7 ? null
            : new TlsFinding(
                string.Create(CultureInfo.InvariantCulture, $"the server refused the TLS handshake (alert {answer[6]})"),
                IsConfiguration: false);
    }

    private static ReadOnlySpan<byte> Http => "HTTP/"u8;

    private static ReadOnlySpan<byte> Ssh => "SSH-"u8;

    private static bool IsTls(ReadOnlySpan<byte> answer) => answer.Length >= 5 && answer[0] is (Alert or Handshake) && answer[1] == 3;

    private static bool IsUnknown(ReadOnlySpan<byte> answer) => !answer.StartsWith(Http) && !answer.StartsWith(Ssh) && !IsTls(answer);

    private static string NameOf(ushort version) => version switch
    {
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        _ => "TLS 1.1",
    };

    private static async Task<byte[]> AskAsync(Uri address, byte[] hello, CancellationToken cancellationToken)
    {
        using TcpClient client = new();
        await client.ConnectAsync(address.IdnHost.Trim('[', ']'), address.Port, cancellationToken);
        NetworkStream stream = client.GetStream();
        byte[] answer = new byte[256];
        int length = 0;
        try
        {
            await stream.WriteAsync(hello, cancellationToken);
            for (int read; length < EnoughBytes && (read = await stream.ReadAsync(answer.AsMemory(length), cancellationToken)) > 0;)
            {
                length += read;
            }
        }
        catch (IOException)
        {
            // It was reset; what came before counts.
        }

        return answer[..length];
    }

    /// <summary>
    /// A ClientHello of TLS 1.2 (RFC 5246, 7.4.1.2) that offers suites of every age, so that an old server answers with the version that it
    /// has.
    /// </summary>
    private static byte[] Hello(string host)
    {
        byte[] suites =
            [0xC0, 0x2F, 0xC0, 0x30, 0xC0, 0x2B, 0xC0, 0x2C, 0xC0, 0x13, 0xC0, 0x14, 0xC0, 0x09, 0xC0, 0x0A, 0x00, 0x9C, 0x00, 0x2F, 0x00,
                0x35, 0x00, 0x0A];
        byte[] name = Encoding.ASCII.GetBytes(host);
        byte[] extensions =
        [
            .. Extension(0, [.. Sized(2, [0, .. Sized(2, name)])]),
            .. Extension(10, [.. Sized(2, [0x00, 0x1D, 0x00, 0x17, 0x00, 0x18])]),
            .. Extension(11, [1, 0]),
            .. Extension(13, [.. Sized(2, [0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x03, 0x05, 0x01, 0x02, 0x03, 0x02, 0x01])]),
        ];
        byte[] body = [
            3, 3, .. System.Security.Cryptography.RandomNumberGenerator.GetBytes(32), 0, .. Sized(2, suites), 1, 0,
            .. Sized(2, extensions)];
        return [Handshake, 3, 1, .. Sized(2, [1, .. Sized(3, body)])];
    }

    private static byte[] Extension(byte type, byte[] data) => [0, type, .. Sized(2, data)];

    private static byte[] Sized(int bytes, byte[] data)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        return [.. length[(4 - bytes)..], .. data];
    }
}

/// <summary>What was found at a port.</summary>
/// <param name="Text">In words.</param>
/// <param name="IsConfiguration">Whether it is something else altogether, so that waiting does not help.</param>
internal sealed record TlsFinding(string Text, bool IsConfiguration);

/// <summary>TLS could not be agreed on with the appliance; the message says what was found.</summary>
internal sealed class TlsFailedException(string message, bool isFinal, Exception inner) : AuthenticationException(message, inner)
{
    /// <summary>Whether waiting does not help.</summary>
    public bool IsFinal => isFinal;
}
