using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>
/// The real <c>rescan serve</c> as a child process, over real HTTP, under a hundred thousand requests that nobody should send.
/// </summary>
public sealed partial class HostileRequestTests : IDisposable
{
    private const int Requests = 100_000;
    private const int Connections = 8;
    private const int Slow = 16;

    /// <summary>More than one client may hold.</summary>
    private const int Silent = 300;
    private const long MostMemory = 600L * 1024 * 1024;
    private const string Key = "hostile-test-function-key";
    private const string HookKey = "hostile-test-s3-hook-key";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-hostile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_hundred_thousand_hostile_requests_break_nothing_and_start_nothing()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("RESCAN_TEST_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : Random.Shared.Next();
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        using Process serve = Start(appliance);
        ConcurrentQueue<string> said = new();
        Task reading = Task.WhenAll(ReadAsync(serve.StandardOutput, said), ReadAsync(serve.StandardError, said));
        try
        {
            int port = await PortAsync(said);
            ConcurrentDictionary<int, int> statuses = new();
            using Holders holders = await Holders.OpenAsync(port, Silent);
            Task<int>[] slow = [.. Enumerable.Range(0, Slow).Select(_ => TrickleAsync(port))];
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(c => Task.Run(() => SendAsync(port, seed + c, statuses))));
            int[] slowAnswers = await Task.WhenAll(slow);

            string counts = $"seed {seed}: " + string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Key}: {s.Value}"));
            Assert.True(statuses.Values.Sum() == Requests, counts);

            // 505 is what a version of HTTP that does not exist is due.
            Assert.True(!statuses.Keys.Any(s => s >= 500 && s != 505), counts);
            Assert.True(statuses.GetValueOrDefault(0) < Requests / 20, counts);
            Assert.True(
                statuses.GetValueOrDefault(400) > Requests / 20 && statuses.GetValueOrDefault(401) > 1000
                    && statuses.GetValueOrDefault(413) > 100, counts);
            Assert.True(statuses.GetValueOrDefault(403) > 500 && statuses.GetValueOrDefault(421) > 500, counts);
            Assert.All(slowAnswers, s => Assert.Contains(s, (int[])[0, 408]));
            serve.Refresh();
            Assert.True(serve.PeakWorkingSet64 < MostMemory, $"{counts}; peak working set {serve.PeakWorkingSet64 / 1024 / 1024} MiB");

            using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            http.DefaultRequestHeaders.Add("x-functions-key", Key);
            Assert.Equal("""{"status":"Healthy"}""", await http.GetStringAsync("/api/health/live"));
            foreach (string list in (string[])["/api/rescans", "/api/runs"])
            {
                JsonElement items = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(list)).GetProperty("items");
                Assert.True(items.GetArrayLength() == 0, $"{counts}; {list}: {items}");
            }

            Assert.DoesNotContain(appliance.Ledger, e => e.Kind == "rescan");
        }
        finally
        {
            serve.Kill();
            await reading;
        }

        Assert.DoesNotContain(
            said,
            l => l.Contains(Key, StringComparison.Ordinal) || l.Contains(HookKey, StringComparison.Ordinal)
                || l.Contains("demo-password", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"serving at http://127\.0\.0\.1:([0-9]+)/")]
    private static partial Regex Serving();

    private static async Task ReadAsync(StreamReader from, ConcurrentQueue<string> into)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            into.Enqueue(line);
        }
    }

    private static async Task<int> PortAsync(ConcurrentQueue<string> said)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (said.Select(l => Serving().Match(l)).FirstOrDefault(m => m.Success) is { } match)
            {
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            }

            Assert.False(patience.IsCancellationRequested, string.Join('\n', said));
            await Task.Delay(50);
        }
    }

    private static async Task SendAsync(int port, int seed, ConcurrentDictionary<int, int> statuses)
    {
        HostileRequests requests = new(seed, Key, HookKey);
        using RawConnection connection = new(port);
        for (int i = 0; i < Requests / Connections; i++)
        {
            byte[] request = requests.Next();
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
            try
            {
                statuses.AddOrUpdate(await connection.SendAsync(request, patience.Token), 1, (_, n) => n + 1);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"seed {seed}, request {i} was not answered: "
                    + $"{System.Text.Encoding.Latin1.GetString(request)[..Math.Min(request.Length, 300)]}");
            }
        }
    }

    /// <summary>A body of which a byte comes now and then.</summary>
    private static async Task<int> TrickleAsync(int port)
    {
        using RawConnection connection = new(port);
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        byte[] begin =
            System.Text.Encoding.ASCII.GetBytes(
                $"POST /api/rescans HTTP/1.1\r\nHost: x\r\nx-functions-key: "
                    + $"{Key}\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{{");
        return await connection.SendAsync(begin, patience.Token);
    }

    /// <summary>Connections on which nothing is ever sent.</summary>
    private sealed class Holders : IDisposable
    {
        private readonly List<TcpClient> held = [];

        public static async Task<Holders> OpenAsync(int port, int count)
        {
            Holders holders = new();
            for (int i = 0; i < count; i++)
            {
                TcpClient client = new();
                holders.held.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, port);
            }

            return holders;
        }

        public void Dispose() => held.ForEach(c => c.Dispose());
    }

    private Process Start(SimulatedAppliance appliance) => Process.Start(new ProcessStartInfo("dotnet")
    {
        Environment =
        {
            ["Rescan__Appliances__0__Name"] = "one",
            ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__Password"] = "demo-password",
            ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,
            ["Rescan__Key"] = Key,
            ["Rescan__AllowedHosts__0"] = "x",
            ["Rescan__RequestsPerSecond"] = "1000000",
            ["Rescan__RequestBurst"] = "1000000",
            ["Rescan__Webhooks__Secrets__0"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ["Rescan__Webhooks__S3__ApiKeys__0"] = HookKey,
            ["Rescan__Webhooks__S3__TopicArns__0"] = "arn:aws:sns:eu-west-1:123456789012:backups",
        },
        RedirectStandardOutput = true, RedirectStandardError = true,
        ArgumentList = { Path.Combine(AppContext.BaseDirectory, "rescan.dll"), "serve", "--url", "http://127.0.0.1:0", "--state", folder },
    })!;
}
