using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api;
using Rescan.Local.Runtime.Hosting;

namespace Rescan.Tests.Integration.Runtime.Hosting;

public sealed class LocalFunctionHostTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-host-").FullName;
    private readonly HttpClient http = new();
    private LocalFunctionHost host = null!;

    public async Task InitializeAsync()
    {
        host = await LocalFunctionHost.StartAsync(Options(new Uri("http://127.0.0.1:0"), "k3y"), CancellationToken.None);
        http.BaseAddress = host.BaseAddress;
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_call_over_http_runs_an_orchestration_and_its_activity()
    {
        http.DefaultRequestHeaders.Add("x-functions-key", "k3y");

        Assert.Equal("HELLO ADA", await http.GetStringAsync("/api/greet/ada"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Without_the_key_nothing_is_answered(string? key)
    {
        using HttpResponseMessage answer = await http.GetAsync("/api/greet/ada" + (key is null ? "" : "?code=" + key));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        using StringContent body = new(new string('x', 300 * 1024), Encoding.UTF8);
        using HttpResponseMessage answer = await http.PostAsync("/api/length", body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Listening_wide_without_a_key_is_refused() => Assert.Contains(
        "Rescan__Key",
        (await Assert.ThrowsAsync<InvalidOperationException>(
            () => LocalFunctionHost.StartAsync(Options(new Uri("http://0.0.0.0:0"), null), default))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_state_file_deleted_in_use_stops_the_host_with_the_reason()
    {
        http.DefaultRequestHeaders.Add("x-functions-key", "k3y");
        File.Delete(Path.Combine(folder, "state.db"));
        try
        {
            using HttpResponseMessage answer = await http.GetAsync("/api/greet/ada");
            Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The host may hang up before it has answered.
        }

        Assert.Contains("deleted", (await host.Failed.WaitAsync(TimeSpan.FromSeconds(30))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_stands_by_serves_once_the_first_has_stopped()
    {
        Task<LocalFunctionHost> second = LocalFunctionHost.StartAsync(
            Options(new Uri("http://127.0.0.1:0"), "k3y", standBy: true), CancellationToken.None);
        Assert.False(second.IsCompleted);
        await host.DisposeAsync();
        host = await second.WaitAsync(TimeSpan.FromSeconds(30));
        using HttpClient toSecond = new() { BaseAddress = host.BaseAddress };

        Assert.Equal("HELLO ADA", await toSecond.GetStringAsync("/api/greet/ada?code=k3y"));
    }

    [Fact]
    public async Task The_host_runs_on_Azure_Storage_as_well()
    {
        await using LocalFunctionHost azure = await LocalFunctionHost.StartAsync(
            Options(new Uri("http://127.0.0.1:0"), "k3y", await AzureTestHub.StorageAsync()), CancellationToken.None);
        using HttpClient toAzure = new() { BaseAddress = azure.BaseAddress };

        Assert.Equal("HELLO ADA", await toAzure.GetStringAsync("/api/greet/ada?code=k3y"));
    }

    private LocalHostOptions Options(Uri url, string? key, string? storage = null, bool standBy = false) => new()
    {
        Storage = storage,
        TaskHub = "Host" + Guid.NewGuid().ToString("N")[..12],
        StandBy = standBy,
        StateFile = Path.Combine(folder, "state.db"),
        FunctionsAssembly = typeof(GreetingFunctions).Assembly,
        Configuration = new ConfigurationBuilder().Build(),
        ConfigureServices = _ => { },
        Url = url,
        Keys = key is null ? [] : [new CallerKey(key, Caller.Unnamed)],
    };
}

public sealed class GreetingFunctions
{
    [Function("Greet")]
    public async Task<IActionResult> GreetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "greet/{name}")] HttpRequest request,
        string name,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        string id = await client.ScheduleNewOrchestrationInstanceAsync("Greeting", name, cancellationToken);
        OrchestrationMetadata end = await client.WaitForInstanceCompletionAsync(id, true, cancellationToken);
        return new ContentResult { Content = end.ReadOutputAs<string>(), ContentType = "text/plain" };
    }

    [Function("Length")]
    public async Task<IResult> LengthAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "length")] HttpRequest request)
    {
        using StreamReader reader = new(request.Body);
        return Results.Ok((await reader.ReadToEndAsync()).Length);
    }

    /// <summary>Waits until the caller goes, where there is a place to wait.</summary>
    [Function("Wait")]
    public async Task<IResult> WaitAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "wait")] HttpRequest request, CancellationToken cancellationToken)
    {
        using IDisposable? place = request.HttpContext.Features.Get<IWaitLimit>()!.TryEnter();
        if (place is not null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return Results.Ok("no place");
    }

    [Function("Greeting")]
    public static async Task<string> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        await context.CallActivityAsync<string>("Upper", "hello " + context.GetInput<string>());

    [Function("Upper")]
    public string Upper([ActivityTrigger] string text) => text.ToUpperInvariant();
}
