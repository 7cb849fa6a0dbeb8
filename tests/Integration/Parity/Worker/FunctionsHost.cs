using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.DurableTask.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Parity.Worker;

/// <summary>
/// The host's side of the Functions worker protocol (FunctionRpc.proto of Azure Functions), as much as starts a worker and
/// invokes functions in it. The worker is the app as it deploys: a process of its own with Microsoft's packages.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private const int WorkerInitRequest = 17, WorkerInitResponse = 16, MetadataRequest = 29, MetadataResponse = 30;
    private const int LoadRequest = 8, LoadResponse = 9, InvocationRequest = 4, InvocationResponse = 5, Log = 2;
    private const ulong Success = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication app;
    private readonly Channel<WireMessage> toWorker = Channel.CreateUnbounded<WireMessage>();
    private readonly ConcurrentDictionary<(int Kind, string Id), TaskCompletionSource<WireMessage>> expected = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly CancellationTokenSource ended = new();
    private readonly DurableSidecar sidecar = new();
    private Process? worker;

    private FunctionsHost()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        app = builder.Build();
        app.MapPost("/AzureFunctionsRpcMessages.FunctionRpc/EventStream", ServeAsync);
        app.MapPost("/TaskHubSidecarService/{method}", sidecar.AnswerAsync);
    }

    /// <summary>What the worker says it can do, by name.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>();

    /// <summary>The trace context of the last invocation; empty where the host makes no spans.</summary>
    public string TraceParent { get; private set; } = "";

    /// <summary>Whether the host makes spans of what is not HTTP. Without Application Insights, 4.1037 does not.</summary>
    public bool HasSpans { get; init; } = true;

    /// <summary>Instances that the app has asked the durable extension to start.</summary>
    public IReadOnlyCollection<CreateInstanceRequest> Started => sidecar.Started;

    /// <summary>Everything that the worker has sent to the host or printed.</summary>
    public ConcurrentQueue<byte[]> Received { get; } = new();

    /// <summary>Lines of the worker's log: their levels (Information is 2, Warning 3, Error 4) and texts, exceptions included.</summary>
    public ConcurrentQueue<(int Level, string Text)> Logs { get; } = new();

    /// <summary>The functions that the worker offers, by name.</summary>
    public IReadOnlyDictionary<string, WireMessage> Functions { get; private set; } = new Dictionary<string, WireMessage>();

    /// <summary>Starts the worker, initialises it, and loads its functions.</summary>
    public static async Task<FunctionsHost> StartAsync(
        string workerAssembly, IReadOnlyDictionary<string, string?> settings, bool hasSpans = true)
    {
        FunctionsHost host = new() { HasSpans = hasSpans };
        try
        {
            await host.StartWorkerAsync(workerAssembly, settings);
            return host;
        }
        catch (Exception e)
        {
            string said = string.Join(Environment.NewLine, host.output);
            await host.DisposeAsync();
            throw new InvalidOperationException($"The worker did not start: {e.Message}{Environment.NewLine}{said}", e);
        }
    }

    /// <summary>Sends a request to an HTTP function, as the host proxies it.</summary>
    /// <param name="function">The function.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="route">The route's values, which the host tells as metadata of the trigger.</param>
    public Task<HttpResponseMessage> GetAsync(string function, string path, params (string Name, string Value)[] route) =>
        SendAsync(function, HttpMethod.Get, path, null, default, route);

    /// <summary>Sends a request to an HTTP function, as the host proxies it.</summary>
    /// <returns>The answer, once the invocation has ended; it throws when the caller hangs up, likewise.</returns>
    public Task<HttpResponseMessage> SendAsync(
        string function, HttpMethod method, string path, HttpContent? body, CancellationToken hangUp = default,
        params (string Name, string Value)[] route) =>
        SendAsync(function, method, path, body, [], route, hangUp);

    /// <summary>Sends a request without a body, with headers such as the platform adds.</summary>
    public Task<HttpResponseMessage> SendAsync(string function, HttpMethod method, string path, (string Name, string Value)[] headers) =>
        SendAsync(function, method, path, null, headers, [], default);

    private async Task<HttpResponseMessage> SendAsync(
        string function, HttpMethod method, string path, HttpContent? body, (string Name, string Value)[] headers,
        (string Name, string Value)[] route, CancellationToken hangUp)
    {
        string invocation = Guid.NewGuid().ToString();
        using HttpClient http = new() { Timeout = Patience };
        using HttpRequestMessage request = new(method, new Uri(new Uri(Capabilities["HttpUri"]), path)) { Content = body };
        request.Headers.Add("x-ms-invocation-id", invocation);
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        Task<HttpResponseMessage> answer = http.SendAsync(request, hangUp);
        await InvokeAsync(function, invocation, [("client", DurableClient)], route, hasSpan: true);
        return await answer;
    }

    /// <summary>Runs a timer function as the host does when it is due.</summary>
    public Task RunTimerAsync(string function) => InvokeAsync(
        function, Guid.NewGuid().ToString(),
        [("timer", """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}"""), ("client", DurableClient)], [],
        HasSpans);

    /// <summary>Runs an activity as the durable extension does.</summary>
    /// <param name="function">The activity.</param>
    /// <param name="parameter">The name of its parameter.</param>
    /// <param name="scheduled">Its input as the orchestration scheduled it: JSON, an array of one.</param>
    public Task<string> RunActivityAsync(string function, string parameter, string scheduled)
    {
        string input = JsonSerializer.Deserialize<JsonElement>(scheduled)[0].GetRawText();
        return InvokeAsync(
            function, Guid.NewGuid().ToString(), [(parameter, input)], [("instanceId", "instance"), ("data", input)], HasSpans);
    }

    /// <summary>Invokes a function with its trigger's data.</summary>
    /// <returns>What it returned, as text.</returns>
    public Task<string> InvokeAsync(string function, string invocation, params (string Name, string Data)[] inputs) =>
        InvokeAsync(function, invocation, inputs, [], HasSpans);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        if (worker is { HasExited: false })
        {
            worker.Kill();
            await worker.WaitForExitAsync();
        }

        worker?.Dispose();
        await app.DisposeAsync();
        ended.Dispose();
    }

    private async Task<string> InvokeAsync(
        string function, string invocation, (string Name, string Data)[] inputs, (string Name, string Value)[] route, bool hasSpan)
    {
        TraceParent = hasSpan ? $"00-{Guid.NewGuid():N}-{Guid.NewGuid().ToString("N")[..16]}-01" : "";
        WireMessage trace = new WireMessage().With(1, TraceParent);
        WireMessage request = new WireMessage().With(1, invocation).With(2, IdOf(function)).With(5, trace).With(6, new WireMessage());
        foreach ((string name, string data) in inputs)
        {
            request.With(3, new WireMessage().With(1, name).With(2, new WireMessage().With(1, data)));
        }

        foreach ((string name, string part) in route)
        {
            request.With(4, new WireMessage().With(1, name).With(2, new WireMessage().With(1, part)));
        }

        WireMessage response = await AskAsync(new WireMessage().With(InvocationRequest, request), InvocationResponse, invocation);
        Require(response.Message(3), $"invocation of {function}");
        return response.Has(4) ? response.Message(4) is { } value ? value.Text(1) + value.Text(2) : "" : "";
    }

    /// <summary>What the durable extension tells a worker's client.</summary>
    private string DurableClient => JsonSerializer.Serialize(new
    {
        rpcBaseUrl = Address, taskHubName = "Rescan", connectionName = "AzureWebJobsStorage", httpBaseUrl = Address,
        maxGrpcMessageSizeInBytes = int.MaxValue,
    });

    private string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private static string IdOf(string function) => "id-" + function;

    private static void Require(WireMessage status, string what) =>
        Assert.True(status.Number(4) == Success,
            $"{what}: {status.Text(1)} {(status.Has(2) ? status.Message(2).Text(2) + status.Message(2).Text(1) : "")}");

    private async Task StartWorkerAsync(string assembly, IReadOnlyDictionary<string, string?> settings)
    {
        await app.StartAsync();
        string folder = Path.GetDirectoryName(assembly)!;
        ProcessStartInfo start = new(
            "dotnet", [assembly, "--functions-uri", Address, "--functions-worker-id", "worker", "--functions-request-id", "request",
                "--functions-grpc-max-message-length", "2147483647"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
            Environment = { ["FUNCTIONS_APPLICATION_DIRECTORY"] = folder, ["AzureWebJobsScriptRoot"] = folder },
        };
        foreach ((string key, string? value) in settings)
        {
            start.Environment[key] = value;
        }

        Task<WireMessage> hello = Expect(20, "");
        worker = Process.Start(start)!;
        worker.OutputDataReceived += (_, line) => Print(line.Data);
        worker.ErrorDataReceived += (_, line) => Print(line.Data);
        worker.BeginOutputReadLine();
        worker.BeginErrorReadLine();
        await Task.WhenAny(hello, worker.WaitForExitAsync()).WaitAsync(Patience);
        Assert.False(worker.HasExited, "The worker has exited.");
        WireMessage initialised = await AskAsync(
            new WireMessage().With(WorkerInitRequest, new WireMessage().With(1, "4.1000.0.0").With(4, folder)), WorkerInitResponse, "");
        Require(initialised.Message(3), "initialisation");
        Capabilities = initialised.Map(2);
        WireMessage offered = await AskAsync(
            new WireMessage().With(MetadataRequest, new WireMessage().With(1, folder)), MetadataResponse, "");
        Require(offered.Message(2), "metadata");
        Functions = offered.Messages(1).ToDictionary(f => f.Text(4));
        // The worker serves its host before its HTTP server listens; a host takes longer than this one to send the first request.
        await ListeningAsync(new Uri(Capabilities["HttpUri"]));
        foreach ((string name, WireMessage metadata) in Functions)
        {
            WireMessage loaded = await AskAsync(
                new WireMessage().With(LoadRequest, new WireMessage().With(1, IdOf(name)).With(2, metadata.With(13, IdOf(name)))),
                LoadResponse, IdOf(name));
            Require(loaded.Message(2), $"loading {name}");
        }
    }

    private static async Task ListeningAsync(Uri address)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            using TcpClient client = new();
            try
            {
                await client.ConnectAsync(address.Host, address.Port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }

    private void Print(string? line)
    {
        output.Enqueue(line ?? "");
        Received.Enqueue(Encoding.UTF8.GetBytes(line ?? ""));
    }

    private Task<WireMessage> Expect(int kind, string id) =>
        expected.GetOrAdd((kind, id), _ => new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private async Task<WireMessage> AskAsync(WireMessage question, int kind, string id)
    {
        Task<WireMessage> answer = Expect(kind, id);
        await toWorker.Writer.WriteAsync(question);
        return await answer.WaitAsync(Patience);
    }

    private void Take(WireMessage message)
    {
        if (message.Has(Log))
        {
            WireMessage line = message.Message(Log);
            Logs.Enqueue(((int)line.Number(3), line.Text(4) + (line.Has(6) ? line.Message(6).Text(3) + line.Message(6).Text(2) : "")));
        }

        foreach (int kind in (int[])[20, WorkerInitResponse, MetadataResponse, LoadResponse, InvocationResponse])
        {
            if (message.Has(kind))
            {
                WireMessage content = message.Message(kind);
                string id = kind is LoadResponse or InvocationResponse ? content.Text(1) : "";
                expected.GetOrAdd(
                    (kind, id), _ => new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously))
                    .TrySetResult(content);
            }
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        http.Response.ContentType = "application/grpc";
        http.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        await http.Response.StartAsync();
        Task reading = ReadAsync(http.Request.Body);
        try
        {
            await foreach (WireMessage message in toWorker.Reader.ReadAllAsync(ended.Token))
            {
                byte[] body = message.ToBytes().ToByteArray();
                byte[] head = new byte[5];
                BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), body.Length);
                await http.Response.Body.WriteAsync((byte[])[.. head, .. body]);
                await http.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }

        await reading;
    }

    private async Task ReadAsync(Stream stream)
    {
        byte[] head = new byte[5];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(head);
                byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
                await stream.ReadExactlyAsync(body);
                Received.Enqueue(body);
                Take(WireMessage.Parse(ByteString.CopyFrom(body)));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            // The worker has gone.
        }
    }
}
