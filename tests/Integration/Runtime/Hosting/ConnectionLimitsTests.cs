using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runtime.Hosting;

/// <summary>
/// Those who only hold connections keep nobody out. All of 127.0.0.0/8 leads here, so each address there can be a client.
/// </summary>
public sealed class ConnectionLimitsTests : IAsyncLifetime
{
    private const int OfClient = 6;
    private const int OfAll = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-limits-").FullName;
    private readonly List<TcpClient> held = [];
    private LocalFunctionHost host = null!;

    public async Task InitializeAsync() => host = await LocalFunctionHost.StartAsync(
        new LocalHostOptions
        {
            StateFile = Path.Combine(folder, "state.db"),
            FunctionsAssembly = typeof(GreetingFunctions).Assembly,
            Configuration = new ConfigurationBuilder().Build(),
            ConfigureServices = _ => { },
            Url = new Uri("http://127.0.0.1:0"),
            Connections = new ConnectionCaps(OfClient, OfAll, WaitsOfClient: 4, WaitsOfAll: 6),
        },
        CancellationToken.None);

    public async Task DisposeAsync()
    {
        held.ForEach(c => c.Dispose());
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /api/wait HTTP/1.1\r\nHost: loc")]
    public async Task Silent_connections_give_way_however_often_they_are_renewed(string begun)
    {
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 3 * OfAll; i++)
            {
                await HoldAsync("127.0.0.2", begun);
            }

            Assert.Equal("200", await AskAsync("127.0.0.2"));
            Assert.Equal("200", await AskAsync("127.0.0.3"));
        }
    }

    [Fact]
    public async Task Many_clients_that_hold_silent_connections_keep_nobody_out()
    {
        for (int i = 0; i < 5 * OfAll; i++)
        {
            await HoldAsync($"127.0.1.{i + 1}", "");
        }

        Assert.Equal("200", await AskAsync("127.0.0.3"));
    }

    [Fact]
    public async Task A_client_with_as_many_requests_under_way_as_it_may_have_is_refused_and_others_are_not()
    {
        // Bodies that are announced and do not come. One that gave way before its request was read is replaced.
        await UntilAsync(async () =>
        {
            await HoldAsync("127.0.0.2", "POST /api/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx");
            return await AskAsync("127.0.0.2") is null;
        });
        Assert.Equal("200", await AskAsync("127.0.0.3"));
    }

    [Fact]
    public async Task Waiting_requests_are_counted_apart_and_beyond_their_limit_answered_at_once()
    {
        const string Wait = "GET /api/wait HTTP/1.1\r\nHost: localhost\r\n\r\n";
        // What is not answered is held: it waits, or gives way and is replaced by the next.
        await UntilAsync(async () => await AnswerAsync(await HoldAsync("127.0.0.2", Wait), TimeSpan.FromSeconds(1)) == "200");

        // None of those that wait takes a place among the connections.
        for (int i = 0; i < OfClient - 1; i++)
        {
            await HoldAsync("127.0.0.2", "POST /api/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx");
        }

        Assert.Equal("200", await AskAsync("127.0.0.2"));
    }

    [Fact]
    public async Task A_silent_connection_ends_soon()
    {
        TcpClient silent = await HoldAsync("127.0.0.2", "");
        using CancellationTokenSource patience = new(Patience);

        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1], patience.Token));
    }

    private static async Task UntilAsync(Func<Task<bool>> met)
    {
        using CancellationTokenSource patience = new(Patience);
        while (!await met())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task<TcpClient> HoldAsync(string from, string begun)
    {
        TcpClient client = new(new IPEndPoint(IPAddress.Parse(from), 0));
        held.Add(client);
        await client.ConnectAsync(IPAddress.Loopback, host.BaseAddress.Port);
        try
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(begun));
        }
        catch (IOException)
        {
            // Refused already.
        }

        return client;
    }

    /// <returns>The status; null when the connection was refused.</returns>
    private async Task<string?> AskAsync(string from)
    {
        using TcpClient client = await HoldAsync(
            from, "POST /api/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfour");
        return await AnswerAsync(client, Timeout.InfiniteTimeSpan);
    }

    /// <returns>The status; null when the connection was refused or nothing came in time.</returns>
    private static async Task<string?> AnswerAsync(TcpClient client, TimeSpan within)
    {
        if (!client.Connected)
        {
            return null;
        }

        try
        {
            using StreamReader reader = new(client.GetStream(), leaveOpen: true);
            using CancellationTokenSource patience = new(Patience);
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
            limit.CancelAfter(within);
            return (await reader.ReadLineAsync(limit.Token))?.Split(' ')[1];
        }
        catch (Exception e) when (e is IOException or SocketException
            || (e is OperationCanceledException && within != Timeout.InfiniteTimeSpan))
        {
            return null;
        }
    }
}
