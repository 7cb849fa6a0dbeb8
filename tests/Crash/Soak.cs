using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rescan.Local.Simulator;
using Rescan.Local.Simulator.Faults;

namespace Rescan.Crash;

/// <summary>Mixed load on the real <c>rescan serve</c> for minutes: memory and handles are flat after the first.</summary>
internal sealed class Soak(TimeSpan length)
{
    private const int Repositories = 24;
    private const int Callers = 6;
    private const double Growth = 1.15;
    private const long Slack = 24L * 1024 * 1024;
    private const int HandleSlack = 40;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(2);
    private static readonly string[] Reads =
        ["/api/rescans", "/api/rescans?state=ended&limit=20", "/api/runs", "/api/repositories", "/api/health", "/api/", "/api/openapi.json",
            "/api/rescans?continuationToken=cm5vbmU", "/nothing"];

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-soak-").FullName;
    private long requests;
    private long failures;

    /// <returns>0 when both stayed flat and nothing answered with a fault.</returns>
    public async Task<int> RunAsync()
    {
        await using ApplianceProcess appliance = await ApplianceProcess.StartAsync(
            "a1", Path.Combine(folder, "appliance.json"), Repositories, "3s", keep: false);
        List<(TimeSpan At, long Memory, int Handles)> samples = [];
        bool flat;
        int exit;
        await using (ServedApp app = Serve(appliance))
        {
            HttpClient http = await app.ReadyAsync() ?? throw new InvalidOperationException(app.Said);
            using CancellationTokenSource end = new(length);
            Task[] load = [
                .. Enumerable.Range(0, Callers).Select(i => Task.Run(() => CallAsync(http, appliance, new Random(i), end.Token))),
                Task.Run(() => HoldAsync(http.BaseAddress!, end.Token))];
            Stopwatch watch = Stopwatch.StartNew();
            while (!end.IsCancellationRequested && !app.HasExited)
            {
                await Task.Delay(Sample, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!app.HasExited)
                {
                    (long memory, int handles) = app.Measure();
                    samples.Add((watch.Elapsed, memory, handles));
                    Say(samples);
                }
            }

            await end.CancelAsync();
            await Task.WhenAll(load);
            flat = IsFlat(samples);
            exit = await app.StopAsync();
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"soak: {requests} requests, {failures} answered with a fault or not at all, exit code "
                    + $"{exit}, {(flat ? "flat" : "NOT FLAT")}"));
        Directory.Delete(folder, recursive: true);
        return flat && exit == 0 && failures == 0 ? 0 : 1;
    }

    /// <summary>The last quarter beside the first after the warm-up: medians, since garbage comes and goes.</summary>
    private static bool IsFlat(List<(TimeSpan At, long Memory, int Handles)> samples)
    {
        (TimeSpan At, long Memory, int Handles)[] warm = [.. samples.Where(s => s.At > WarmUp)];
        int quarter = warm.Length / 4;
        if (quarter == 0)
        {
            return false;
        }

        (long memory, int handles) = Median(warm[..quarter]);
        (long lastMemory, int lastHandles) = Median(warm[^quarter..]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"soak: memory {memory / 1024 / 1024} MiB then {lastMemory / 1024 / 1024} MiB, handles {handles} then {lastHandles}"));
        return lastMemory <= (memory * Growth) + Slack && lastHandles <= handles + HandleSlack;
    }

    private static (long Memory, int Handles) Median((TimeSpan At, long Memory, int Handles)[] samples) =>
        (samples.Select(s => s.Memory).Order().ElementAt(samples.Length / 2),
            samples.Select(s => s.Handles).Order().ElementAt(samples.Length / 2));

    private static void Say(List<(TimeSpan At, long Memory, int Handles)> samples)
    {
        if (samples.Count % 15 == 0)
        {
            (TimeSpan at, long memory, int handles) = samples[^1];
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds:0} s: {memory / 1024 / 1024} MiB, {handles} handles"));
        }
    }

    /// <summary>Silent connections all the while, as one that means harm holds them.</summary>
    private static async Task HoldAsync(Uri address, CancellationToken end)
    {
        List<TcpClient> held = [];
        try
        {
            while (!end.IsCancellationRequested)
            {
                TcpClient client = new();
                held.Add(client);
                await client.ConnectAsync(address.Host, address.Port, end);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(held.Count % 2 == 0 ? "GET / HTTP/1.1\r\nHost: loc" : ""), end);
                if (held.Count > 40)
                {
                    held[0].Dispose();
                    held.RemoveAt(0);
                }

                await Task.Delay(200, end);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            // The end, or the server had enough of it.
        }
        finally
        {
            held.ForEach(c => c.Dispose());
        }
    }

    private async Task CallAsync(HttpClient http, ApplianceProcess appliance, Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await OneAsync(http, appliance, random, end);
                await Task.Delay(random.Next(40), end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                Interlocked.Increment(ref failures);
                Console.WriteLine(e.Message);
            }
        }
    }

    private async Task OneAsync(HttpClient http, ApplianceProcess appliance, Random random, CancellationToken end)
    {
        SimulatedRepository repository = appliance.Repositories[random.Next(appliance.Repositories.Count)];
        string path = "/api/rescans/rescan-a1-" + repository.Id;
        using HttpRequestMessage request = random.Next(20) switch
        {
            < 5 => Post(new { appliance = "a1", repository = repository.Id }),
            5 => Post(new { filter = new { include = new[] { repository.Name } } }),
            6 => new HttpRequestMessage(HttpMethod.Delete, path),
            7 => new HttpRequestMessage(HttpMethod.Get, path + "?wait=2"),
            8 => new HttpRequestMessage(HttpMethod.Get, path + "/log"),
            9 => new HttpRequestMessage(HttpMethod.Post, "/api/rescans")
            {
                Content = new StringContent("{\"appliance\":" + new string('[', 500), Encoding.UTF8, "application/json"),
            },
            _ => new HttpRequestMessage(HttpMethod.Get, Reads[random.Next(Reads.Length)]),
        };
        if (random.Next(300) == 0)
        {
            await appliance.PlayAsync(new Fault(random.Next(2) == 0 ? "throttled" : "html", "session", 0, 1));
        }

        using HttpResponseMessage answer = await http.SendAsync(request, end);
        string body = await answer.Content.ReadAsStringAsync(end);
        Interlocked.Increment(ref requests);
        if ((int)answer.StatusCode is 500 or 421 or 403
            || (request.Method != HttpMethod.Get && request.Method != HttpMethod.Post && (int)answer.StatusCode is not (202 or 404 or 409)))
        {
            Interlocked.Increment(ref failures);
            Console.WriteLine($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} {body}");
        }
    }

    private static HttpRequestMessage Post(object body) =>
        new(HttpMethod.Post, "/api/rescans") { Content = JsonContent.Create(body, options: JsonSerializerOptions.Web) };

    private ServedApp Serve(ApplianceProcess appliance) => ServedApp.Start(
        new Dictionary<string, string>
        {
            ["Rescan__Appliances__0__Name"] = "a1",
            ["Rescan__Appliances__0__BaseUrl"] = appliance.Address.AbsoluteUri,
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__Password"] = "demo-password",
            ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,
            ["Rescan__Polling__MinInterval"] = "00:00:00.5",
            ["Rescan__RequestsPerSecond"] = "100000",
            ["Rescan__RequestBurst"] = "100000",
        },
        ["--state", Path.Combine(folder, "state")]);
}
