using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliances;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Appliances;

public sealed class ApplianceClientTests : IAsyncLifetime
{
    private const string Session = "GET /api/v1/sessions/s";

    private HttpsServer server = null!;
    private ClientOf app = null!;
    private IApplianceClient client = null!;

    public async Task InitializeAsync()
    {
        server = await HttpsServer.StartAsync();
        app = new ClientOf(server.Url, [server.Thumbprint]);
        client = app.Client;
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task However_many_calls_run_at_once_there_is_one_sign_in()
    {
        server.Json(Session, """{"id":"s","status":"Running","executionStartTime":"2020-06-19T04:00:05.901095"}""");

        ApplianceSession[] all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetSessionAsync("s", default)));

        Assert.Equal(1, server.Count("POST /api/v1/token"));
        Assert.All(all, s => Assert.Equal(new DateTimeOffset(2020, 6, 19, 4, 0, 5, TimeSpan.Zero).AddTicks(9010950), s.StartedAt));
    }

    [Fact]
    public async Task Calls_one_after_another_use_one_connection()
    {
        server.Json(Session, """{"id":"s","status":"Running"}""");
        for (int i = 0; i < 5; i++)
        {
            await client.GetSessionAsync("s", default);
        }

        Assert.Single(server.Connections);
    }

    [Fact]
    public async Task A_token_refused_in_the_middle_is_renewed_once()
    {
        int reads = 0;
        server.Answers[Session] = http =>
        {
            http.Response.StatusCode = Interlocked.Increment(ref reads) == 1 ? 401 : 200;
            return http.Response.WriteAsync("""{"id":"s","status":"Succeeded"}""");
        };

        Assert.Equal("Succeeded", (await client.GetSessionAsync("s", default)).Status);
        Assert.Equal(2, server.Count("POST /api/v1/token"));
    }

    [Fact]
    public async Task Another_certificate_is_refused_and_the_one_seen_is_named()
    {
        await using ClientOf other = new(server.Url, [new string('0', 64), new string('1', 64)]);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => other.Client.SignInAsync(default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.Contains(server.Thumbprint, e.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_wrong_password_is_rejected_and_not_told()
    {
        server.Json("POST /api/v1/token",
            """{"title":"Unauthorized","errorCode":"AccessDenied","details":"Wrong user name or password."}""", 401);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => client.SignInAsync(default));

        Assert.Equal((ApplianceFailure.Rejected, 401, "AccessDenied"), (e.Failure, e.Status, e.ErrorCode));
        Assert.DoesNotContain("secret-password", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_with_mfa_is_rejected_plainly()
    {
        server.Json("POST /api/v1/token", """{"access_token":"","mfa_token":"m","mfa_enabled":true}""");

        Assert.Contains(
            "MFA", (await Assert.ThrowsAsync<ApplianceException>(() => client.SignInAsync(default))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_after_is_passed_on(int status)
    {
        server.Answers[Session] = http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        };

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => client.GetSessionAsync("s", default));

        Assert.True(e.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(7), e.RetryAfter);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        server.Answers[Session] = http =>
        {
            http.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        };

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => client.GetSessionAsync("s", default));

        Assert.Equal(ApplianceFailure.Rejected, e.Failure);
        Assert.Contains("elsewhere.example", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>proxy</html>")]
    [InlineData("{\"id\":")]
    public async Task A_body_that_is_not_json_is_transient(string body)
    {
        server.Json(Session, body);

        Assert.True((await Assert.ThrowsAsync<ApplianceException>(() => client.GetSessionAsync("s", default))).IsTransient);
    }

    [Fact]
    public async Task All_pages_of_repositories_are_read()
    {
        server.Answers["GET /api/v1/repositories"] = http =>
        {
            int offset = int.Parse(http.Request.Query["Offset"]!, CultureInfo.InvariantCulture);
            IEnumerable<string> page = Enumerable.Range(offset, Math.Min(200, 450 - offset))
                .Select(i => $$"""{"id":"{{i}}","name":"r{{i}}","unknown":[1]}""");
            return http.Response.WriteAsync($$"""{"totalCount":450,"results":[{{string.Join(',', page)}}]}""");
        };

        Assert.Equal(450, (await client.GetRepositoriesAsync(default)).Count);
    }

    [Fact]
    public async Task A_rescan_that_names_no_session_is_rejected()
    {
        server.Json("POST /api/v1/repositories/r/rescan", "{}", 202);

        Assert.Null(await client.StartRescanAsync("r", default));
        Assert.Equal(1, server.Count("POST /api/v1/repositories/r/rescan"));
    }

    [Fact]
    public async Task A_log_that_is_missing_is_empty()
    {
        server.Json("GET /api/v1/sessions/s/log", """{"sessionId":"s"}""");

        Assert.Empty(await client.GetSessionLogAsync("s", default));
    }
}
