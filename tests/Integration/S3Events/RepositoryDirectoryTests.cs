using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescan.Functions;
using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.S3Events;

/// <summary>Two appliances over real HTTPS.</summary>
public sealed class RepositoryDirectoryTests : IAsyncLifetime
{
    private const string List = "GET /api/v1/repositories";

    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly HttpsServer[] servers = new HttpsServer[2];
    private ServiceProvider services = null!;
    private IRepositoryDirectory directory = null!;

    public async Task InitializeAsync()
    {
        Dictionary<string, string?> settings = [];
        for (int i = 0; i < servers.Length; i++)
        {
            servers[i] = await HttpsServer.StartAsync();
            servers[i].Json("POST /api/v1/token", """{"access_token":"a1","expires_in":999999}""");
            Lists(i, "first");
            settings[$"Rescan:Appliances:{i}:Name"] = $"appliance-{i}";
            settings[$"Rescan:Appliances:{i}:BaseUrl"] = servers[i].Url.ToString();
            settings[$"Rescan:Appliances:{i}:Username"] = "u";
            settings[$"Rescan:Appliances:{i}:Password"] = "p";
            settings[$"Rescan:Appliances:{i}:Thumbprints:0"] = servers[i].Thumbprint;
        }

        services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(time)
            .AddRescan(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .BuildServiceProvider();
        directory = services.GetRequiredService<IRepositoryDirectory>();
    }

    public async Task DisposeAsync()
    {
        await services.DisposeAsync();
        foreach (HttpsServer server in servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task However_many_ask_at_once_each_appliance_is_asked_once()
    {
        RepositoryListing[] all = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => directory.GetAsync(i % 2 == 0, default)));

        Assert.All(all, l => Assert.Equal(["appliance-0", "appliance-1"], Found(l, "first")));
        Assert.All(servers, s => Assert.Equal(1, s.Count(List)));
    }

    [Fact]
    public async Task A_fresh_listing_is_taken_once_a_minute_at_the_most()
    {
        await directory.GetAsync(false, default);
        Lists(0, "second");

        Assert.Empty(Found(await directory.GetAsync(true, default), "second"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["appliance-0"], Found(await directory.GetAsync(true, default), "second"));
        Assert.Equal(2, servers[0].Count(List));
    }

    [Fact]
    public async Task An_old_listing_is_given_at_once_while_a_new_one_is_fetched()
    {
        await directory.GetAsync(false, default);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        servers[0].Answers[List] = async http =>
        {
            await goOn.Task;
            await http.Response.WriteAsync(Page("second"));
        };
        time.Advance(TimeSpan.FromMinutes(15));

        Task<RepositoryListing> old = directory.GetAsync(false, default);
        Assert.True(old.IsCompleted);
        Assert.Equal(["appliance-0", "appliance-1"], Found(await old, "first"));
        Task<RepositoryListing> fresh = directory.GetAsync(true, default);
        goOn.SetResult();
        Assert.Equal(["appliance-0"], Found(await fresh, "second"));
    }

    [Fact]
    public async Task An_appliance_that_does_not_answer_keeps_what_it_listed_and_hinders_no_other()
    {
        await directory.GetAsync(false, default);
        Refuses(0);
        Lists(1, "second");
        time.Advance(TimeSpan.FromMinutes(1));

        RepositoryListing listing = await directory.GetAsync(true, default);

        Assert.Equal(["appliance-0"], Found(listing, "first"));
        Assert.Equal(["appliance-1"], Found(listing, "second"));
        Assert.Empty(listing.Unread);
    }

    [Fact]
    public async Task An_appliance_that_has_never_answered_is_named_and_asked_again_after_a_minute()
    {
        Refuses(0);
        RepositoryListing listing = await directory.GetAsync(false, default);
        Assert.Equal(["appliance-0"], listing.Unread);
        Assert.Equal(["appliance-1"], Found(listing, "first"));

        Lists(0, "first");
        Assert.Equal(["appliance-0"], (await directory.GetAsync(true, default)).Unread);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty((await directory.GetAsync(true, default)).Unread);
    }

    [Fact]
    public async Task Giving_up_does_not_stop_the_fetch()
    {
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        servers[0].Answers[List] = async http =>
        {
            await goOn.Task;
            await http.Response.WriteAsync(Page("first"));
        };
        using CancellationTokenSource impatient = new();
        Task<RepositoryListing> first = directory.GetAsync(false, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        goOn.SetResult();
        Assert.Equal(2, Found(await directory.GetAsync(false, default), "first").Count());
        Assert.Equal(1, servers[0].Count(List));
    }

    private static IEnumerable<string> Found(RepositoryListing listing, string folder) =>
        listing.Matcher.Match("backups", folder + "/disk").Select(l => l.Appliance);

    private static string Page(string folder) =>
        $$"""{"totalCount":1,"results":[{"id":"r-{{folder}}","name":"n","amazonStorageFolder":"{{folder}}","_embedded":{"bucket":"backups"} }]}""";

    /// <summary>Not answered in a way that is tried again at once: that waits by the clock, which stands still here.</summary>
    private void Refuses(int server) => servers[server].Answers[List] = http =>
    {
        (http.Response.StatusCode, http.Response.Headers.RetryAfter) = (StatusCodes.Status503ServiceUnavailable, "1");
        return Task.CompletedTask;
    };

    private void Lists(int server, string folder) => servers[server].Json(List, Page(folder));
}
