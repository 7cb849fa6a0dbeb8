using System.Net.Sockets;
using System.Net;
using System.Text.Json;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Api.Callers;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runtime.Hosting;

public sealed class HttpGuardTests : IAsyncLifetime
{
    private const string Key = "the-first-function-key";
    private const string NextKey = "the-next-function-key!";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-guard-").FullName;
    private readonly FakeLoggerProvider log = new();
    private HttpClient http = null!;
    private LocalFunctionHost host = null!;

    public Task InitializeAsync() => StartAsync(burst: 1000, perSecond: 1000);

    public async Task DisposeAsync()
    {
        http.Dispose();
        await host.DisposeAsync();
        log.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/api/greet/ada", 401)]
    [InlineData("PUT", "/api/greet/ada", 405)]
    [InlineData("GET", "/api/length", 405)]
    public async Task Every_refusal_is_problem_details_with_a_trace_and_careful_headers(string method, string path, int status)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        request.Headers.Accept.ParseAdd("text/html");
        using HttpResponseMessage answer = await http.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.All((string[])["type", "title", "detail", "traceId"], name => Assert.NotEqual("", problem.GetProperty(name).GetString()));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
        string trace = problem.GetProperty("traceId").GetString()!;
        Assert.Contains(
            log.Collector.GetSnapshot(), r => r.Message.Contains(trace, StringComparison.Ordinal)
            && r.Message.Contains($"Refused with {status}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Head_is_get_without_a_body_and_options_tells_the_methods()
    {
        using HttpRequestMessage options = new(HttpMethod.Options, "/api/length");
        using HttpResponseMessage answer = await http.SendAsync(options);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(["POST"], answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData(Key)]
    [InlineData(NextKey)]
    public async Task While_keys_are_changed_each_of_them_lets_in_by_header_or_query(string key)
    {
        Assert.Equal("HELLO ADA", await http.GetStringAsync("/api/greet/ada?code=" + Uri.EscapeDataString(key)));
        http.DefaultRequestHeaders.Add("x-functions-key", key);
        Assert.Equal("HELLO ADA", await http.GetStringAsync("/api/greet/ada"));
    }

    [Fact]
    public async Task The_log_of_refusals_holds_no_key_and_no_line_of_the_callers_own()
    {
        using (await http.GetAsync("/nothing%0AForged%20line?code=" + Key))
        {
        }

        Assert.All(log.Collector.GetSnapshot(), r => Assert.DoesNotContain(Key, r.Message, StringComparison.Ordinal));
        Assert.Contains(log.Collector.GetSnapshot(), r => r.Message.Contains("/nothing?Forged line", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_asks_too_often_is_told_when_to_come_again_and_then_let_in()
    {
        http.Dispose();
        await host.DisposeAsync();
        await StartAsync(burst: 3, perSecond: 1);
        List<HttpStatusCode> answers = [];
        HttpResponseMessage last;
        do
        {
            last = await http.GetAsync("/nothing");
            answers.Add(last.StatusCode);
        }
        while (last.StatusCode == HttpStatusCode.NotFound);

        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
        Assert.InRange(answers.Count, 4, 30);
        Assert.Equal("application/problem+json", last.Content.Headers.ContentType?.MediaType);
        Assert.InRange(last.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while ((await http.GetAsync("/nothing", patience.Token)).StatusCode == HttpStatusCode.TooManyRequests)
        {
            await Task.Delay(100, patience.Token);
        }
    }

    [Fact]
    public async Task A_body_that_trickles_is_given_up()
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, host.BaseAddress.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                "POST /api/length HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nx"));
        using StreamReader reader = new(stream);

        Assert.Contains(
            " 408 ", await reader.ReadLineAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token), StringComparison.Ordinal);
    }

    private async Task StartAsync(int burst, int perSecond)
    {
        host = await LocalFunctionHost.StartAsync(
            new LocalHostOptions
            {
                StateFile = Path.Combine(folder, "state.db"),
                FunctionsAssembly = typeof(GreetingFunctions).Assembly,
                Configuration = new ConfigurationBuilder().Build(),
                ConfigureServices = _ => { },
                ConfigureLogging = l => l.AddProvider(log),
                Url = new Uri("http://127.0.0.1:0"),
                Keys = [new CallerKey(Key, Caller.Unnamed), new CallerKey(NextKey, new Caller("next", CallerRole.Viewer))],
                RequestBurst = burst,
                RequestsPerSecond = perSecond,
            },
            CancellationToken.None);
        http = new HttpClient { BaseAddress = host.BaseAddress };
    }
}
