using System.Net;
using System.Text.RegularExpressions;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Page;

public sealed partial class PageFilesTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private ApiHost api = null!;

    public async Task InitializeAsync()
    {
        api = await ApiHost.StartAsync([new SimulatorOptions()], new() { ["Rescan:Key"] = "k3y" });
        http.BaseAddress = api.Host.BaseAddress;
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await api.DisposeAsync();
    }

    [Theory]
    [InlineData("/api/", "text/html")]
    [InlineData("/api", "text/html")]
    [InlineData("/api/page/app.js", "text/javascript")]
    [InlineData("/api/page/page.css", "text/css")]
    [InlineData("/api/page/icon.svg", "image/svg+xml")]
    public async Task The_pages_files_are_served_without_a_key_and_only_once(string path, string type)
    {
        using HttpResponseMessage first = await http.GetAsync(path);
        using HttpRequestMessage again = new(HttpMethod.Get, path) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using HttpResponseMessage second = await http.SendAsync(again);
        using HttpResponseMessage head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));

        Assert.Equal((HttpStatusCode.OK, type), (first.StatusCode, first.Content.Headers.ContentType?.MediaType));
        Assert.True(first.Headers.CacheControl?.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(first.Headers.ETag, head.Headers.ETag);
    }

    [Fact]
    public async Task The_policy_lets_nothing_run_that_is_not_the_apps_own_file()
    {
        using HttpResponseMessage page = await http.GetAsync("/api/");
        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));

        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task The_page_names_every_module_once_so_that_they_are_fetched_together()
    {
        string page = await http.GetStringAsync("/api/");
        HashSet<string> loaded = [.. Files().Matches(page).Select(m => m.Groups[1].Value)];
        HashSet<string> imported = ["app.js"];
        foreach (string module in loaded.Where(f => f.EndsWith(".js", StringComparison.Ordinal)))
        {
            imported.UnionWith(Imports().Matches(await http.GetStringAsync("/api/page/" + module)).Select(m => m.Groups[1].Value));
        }

        Assert.Equal(imported.Order(), loaded.Where(f => f.EndsWith(".js", StringComparison.Ordinal)).Order());
    }

    [Theory]
    [InlineData("/api/page/none.js")]
    [InlineData("/api/page/..%2fhost.json")]
    [InlineData("/api/nothing")]
    public async Task What_is_no_file_of_the_page_is_not_found(string path)
    {
        using HttpResponseMessage answer = await http.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_data_behind_the_page_asks_for_the_key()
    {
        using HttpResponseMessage answer = await http.GetAsync("/api/repositories");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [GeneratedRegex("(?:src|href)=\"/api/page/([^\"]+)\"")]
    private static partial Regex Files();

    [GeneratedRegex("from '\\./([a-z]+\\.js)'")]
    private static partial Regex Imports();
}
