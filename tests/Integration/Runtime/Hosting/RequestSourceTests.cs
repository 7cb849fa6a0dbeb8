using System.Net;
using Microsoft.Extensions.Configuration;
using Rescan.Functions.Api.Callers;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Runtime.Hosting;

/// <summary>What the page of another site can have a browser send, by its own name or by that of this machine.</summary>
public sealed class RequestSourceTests : IAsyncLifetime
{
    private const string Key = "the-first-function-key";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-source-").FullName;
    private LocalFunctionHost host = null!;

    public Task InitializeAsync() => StartAsync([]);

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:7071", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.9.9.9:1", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("rescan.example:443", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("evil.example:7071", 421)]
    [InlineData("localhost.evil.example", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("10.0.0.1", 421)]
    [InlineData("0.0.0.0", 421)]
    public async Task Without_a_key_only_names_of_this_machine_are_served(string name, int status)
    {
        await RestartAsync([], hosts: ["rescan.example"]);

        Assert.Equal(status, await SendAsync(HttpMethod.Post, name, null));
        Assert.Equal(status == 200 ? 404 : status, await SendAsync(HttpMethod.Get, name, null, "/nothing"));
    }

    [Fact]
    public async Task With_a_key_any_name_is_served_unless_names_are_listed()
    {
        await RestartAsync([Key]);
        Assert.Equal(200, await SendAsync(HttpMethod.Post, "any.example", null));

        await RestartAsync([Key], hosts: ["rescan.example"]);
        Assert.Equal(421, await SendAsync(HttpMethod.Post, "any.example", null));
        Assert.Equal(200, await SendAsync(HttpMethod.Post, "rescan.example", null));
    }

    [Theory]
    [InlineData("localhost:7071", "http://localhost:7071", 200)]
    [InlineData("localhost", "https://localhost", 200)]
    [InlineData("localhost", "https://portal.example", 200)]
    [InlineData("localhost:7071", "http://localhost:8080", 403)]
    [InlineData("localhost:7071", "http://localhost", 403)]
    [InlineData("localhost", "http://127.0.0.1", 403)]
    [InlineData("localhost", "https://evil.example", 403)]
    [InlineData("localhost", "https://portal.example.evil.example", 403)]
    [InlineData("localhost", "null", 403)]
    [InlineData("localhost", "file://localhost", 403)]
    [InlineData("localhost", "", 403)]
    public async Task A_page_of_another_site_changes_nothing(string name, string origin, int status)
    {
        foreach (string[] keys in (string[][])[[], [Key]])
        {
            await RestartAsync(keys, origins: ["https://portal.example"]);
            Assert.Equal(status, await SendAsync(HttpMethod.Post, name, origin));
            Assert.Equal(status == 200 ? 405 : status, await SendAsync(HttpMethod.Delete, name, origin));
            Assert.Equal(404, await SendAsync(HttpMethod.Get, name, origin, "/nothing"));
        }
    }

    [Theory]
    [InlineData("http://rescan.example", null)]
    [InlineData("rescan.example:80", null)]
    [InlineData(null, "portal.example")]
    [InlineData(null, "https://portal.example/page")]
    [InlineData(null, "*")]
    public async Task What_is_no_host_or_origin_is_named(string? allowed, string? origin)
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RestartAsync([], hosts: allowed is null ? [] : [allowed], origins: origin is null ? [] : [origin]));

        Assert.Contains($"'{allowed ?? origin}'", e.Message, StringComparison.Ordinal);
        await StartAsync([]);
    }

    [Theory]
    [InlineData("localhost", null, 200)]
    [InlineData("127.0.0.1:11005", null, 200)]
    [InlineData("evil.example", null, 403)]
    [InlineData("localhost", "https://evil.example", 403)]
    [InlineData("localhost", "null", 403)]
    public async Task The_simulators_ledger_and_faults_are_for_programs_of_this_machine(string name, string? origin, int status)
    {
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        using HttpClientHandler trusting =
            new() { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using HttpClient http = new(trusting) { BaseAddress = appliance.BaseAddress };

        Assert.Equal(status, await SendAsync(http, HttpMethod.Get, name, origin, "/_ledger"));
        Assert.Equal(status == 200 ? 204 : status, await SendAsync(http, HttpMethod.Delete, name, origin, "/_admin/faults"));
    }

    private static async Task<int> SendAsync(HttpClient http, HttpMethod method, string name, string? origin, string path)
    {
        using HttpRequestMessage request = new(method, path) { Content = method == HttpMethod.Post ? new StringContent("four") : null };
        request.Headers.Host = name;
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }

        using HttpResponseMessage answer = await http.SendAsync(request);
        if ((int)answer.StatusCode is 403 or 421)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        return (int)answer.StatusCode;
    }

    private async Task<int> SendAsync(HttpMethod method, string name, string? origin, string path = "/api/length")
    {
        using HttpClient http = new() { BaseAddress = host.BaseAddress };
        return await SendAsync(http, method, name, origin, path);
    }

    private async Task RestartAsync(string[] keys, string[]? hosts = null, string[]? origins = null)
    {
        await host.DisposeAsync();
        await StartAsync(keys, hosts, origins);
    }

    private async Task StartAsync(string[] keys, string[]? hosts = null, string[]? origins = null) =>
        host = await LocalFunctionHost.StartAsync(
        new LocalHostOptions
        {
            StateFile = Path.Combine(folder, "state.db"),
            FunctionsAssembly = typeof(GreetingFunctions).Assembly,
            Configuration = new ConfigurationBuilder().Build(),
            ConfigureServices = _ => { },
            Url = new Uri("http://127.0.0.1:0"),
            Keys = [.. keys.Select(k => new CallerKey(k, Caller.Unnamed))],
            AllowedHosts = hosts ?? [],
            AllowedOrigins = origins ?? [],
        },
        CancellationToken.None);
}
