using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliances;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>An appliance, or what stands between, that answers without end, about something else, or what cannot be.</summary>
public sealed class HostileApplianceTests : IAsyncLifetime
{
    private const string Log = "GET /api/v1/sessions/s/log";
    private HttpsServer server = null!;
    private ClientOf app = null!;

    public async Task InitializeAsync()
    {
        server = await HttpsServer.StartAsync();
        app = new ClientOf(server.Url, [server.Thumbprint]);
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("repositories", """{"totalCount":2147483647,"results":[{"id":"a","name":"a"},{"id":"b","name":"b"}]}""")]
    [InlineData("sessions", """{"totalCount":2147483647,"results":[{"id":"b","status":"Running"},{"id":"a","status":"Running"}]}""")]
    public async Task A_page_that_brings_nothing_new_is_the_last(string what, string page)
    {
        server.Json("GET /api/v1/" + what, page);

        int found = what == "sessions"
            ? (await app.Client.FindRescanCandidatesAsync(DateTimeOffset.UnixEpoch, default)).Count
            : (await app.Client.GetRepositoriesAsync(default)).Count;

        Assert.Equal((2, 2), (found, server.Count("GET /api/v1/" + what)));
    }

    [Fact]
    public async Task New_sessions_without_end_are_listed_up_to_a_limit()
    {
        server.Answers["GET /api/v1/sessions"] = http =>
        {
            int offset = int.Parse(http.Request.Query["Offset"]!, CultureInfo.InvariantCulture);
            return http.Response.WriteAsync(
                $$"""{"totalCount":2147483647,"results":[{{string.Join(',', Enumerable.Range(offset, 200).Select(i => $$"""{"id":"{{i}}","status":"Running"}"""))}}]}""");
        };

        Assert.Equal(
            (5000, 25), ((await app.Client.FindRescanCandidatesAsync(DateTimeOffset.UnixEpoch, default)).Count,
                server.Count("GET /api/v1/sessions")));
    }

    [Fact]
    public async Task A_list_without_end_heeds_a_cancel()
    {
        using CancellationTokenSource cancel = new();
        server.Answers["GET /api/v1/repositories"] = async http =>
        {
            int offset = int.Parse(http.Request.Query["Offset"]!, CultureInfo.InvariantCulture);
            if (offset >= 3)
            {
                await cancel.CancelAsync();
            }

            await http.Response.WriteAsync($$"""{"totalCount":2147483647,"results":[{"id":"{{offset}}","name":"n"}]}""");
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app.Client.GetRepositoriesAsync(cancel.Token));
        Assert.InRange(server.Count("GET /api/v1/repositories"), 4, 5);
    }

    /// <summary>Fifteen megabytes of nothing, and of something: neither is kept.</summary>
    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"logTime":"2026-03-01T02:00:01","status":"Success","message":"aaaaaaaaaaaaaaaaaaaaaaaa"}""", 2000)]
    public async Task A_log_of_many_items_is_capped_while_it_arrives(string item, int kept)
    {
        byte[] block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(item + ",", 1000)));
        server.Answers[Log] = async http =>
        {
            await http.Response.WriteAsync("{\"sessionId\":\"s\",\"log\":[");
            for (int sent = 0; sent < 15_000_000; sent += block.Length)
            {
                await http.Response.Body.WriteAsync(block);
            }

            await http.Response.WriteAsync(item + "]}");
        };
        await app.Client.SignInAsync(default);
        IReadOnlyList<SessionLogItem> log = [];
        List<long> grown = [];

        // Other tests use the same memory: what the log takes is in every try, what they take is not.
        while (grown.Count < 5 && grown.All(g => g >= 8_000_000))
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            log = await app.Client.GetSessionLogAsync("s", default);
            grown.Add(GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.Equal(kept, log.Count);
        Assert.InRange(grown.Min(), long.MinValue, 8_000_000);
        if (kept > 0)
        {
            Assert.Contains("items are left out here", log[^2].Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_text_longer_than_any_message_is_not_read_to_its_end()
    {
        server.Answers[Log] = async http =>
        {
            await http.Response.WriteAsync("{\"log\":[{\"message\":\"");
            for (int i = 0; i < 3_000 && !http.RequestAborted.IsCancellationRequested; i++)
            {
                await http.Response.WriteAsync(new string('x', 1000), http.RequestAborted);
            }

            await http.Response.WriteAsync("\"}]}", http.RequestAborted);
        };

        Assert.Equal(
            ApplianceFailure.TooLarge,
            (await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionLogAsync("s", default))).Failure);
    }

    [Fact]
    public async Task An_answer_about_another_session_is_refused()
    {
        server.Json("GET /api/v1/sessions/s", """{"id":"t","status":"Succeeded"}""");
        server.Json(Log, """{"sessionId":"t","log":[]}""");

        Assert.All(
            [
                await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default)),
                await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionLogAsync("s", default)),
            ],
            e => Assert.True(e.IsTransient && e.Message.Contains("another session", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59")]
    [InlineData("0001-01-01T00:00:00")]
    [InlineData("yesterday")]
    public async Task A_stop_time_that_cannot_have_been_reached_is_none(string stop)
    {
        server.Json("GET /api/v1/sessions/s",
            $$"""{"id":"s","status":"Succeeded","executionStartTime":"2026-03-01T02:00:00","executionStopTime":"{{stop}}"}""");

        Assert.Null((await app.Client.GetSessionAsync("s", default)).StoppedAt);
    }

    [Fact]
    public async Task Status_and_reason_have_lengths_and_half_a_surrogate_pair_does_no_harm()
    {
        string reason = "\\ud800" + new string('r', 100_000);
        server.Json("GET /api/v1/sessions/s", $$"""{"id":"s","status":"{{new string('S', 5000)}}","reason":"{{reason}}"}""");
        server.Json(Log, """{"log":[{"status":"Success","message":"a\ud800"}]}""");

        ApplianceSession session = await app.Client.GetSessionAsync("s", default);

        Assert.InRange(session.Status.Length, 1, 65);
        Assert.InRange(session.Reason!.Length, 1, 2001);
        Assert.Single(await app.Client.GetSessionLogAsync("s", default));
    }

    [Theory]
    [InlineData("gzip", 200)]
    [InlineData("br", 200)]
    [InlineData("deflate", 200)]
    [InlineData("br", 503)]
    public async Task An_answer_that_is_not_encoded_as_it_says_is_asked_for_again(string encoding, int status)
    {
        Answer(encoding, status);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default));

        Assert.True(e.IsTransient, e.Message);
    }

    [Fact]
    public async Task An_error_that_is_not_encoded_as_it_says_keeps_its_status()
    {
        Answer("br", 403);

        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(() => app.Client.GetSessionAsync("s", default));

        Assert.Equal((false, 403), (e.IsTransient, e.Status));
    }

    /// <summary>The name of a field that is no text, in bytes or by escapes.</summary>
    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\u00cb")]
    public async Task A_field_whose_name_is_no_text_is_passed_over(string name)
    {
        byte[] body = Encoding.Latin1.GetBytes($$"""{"totalCount":1,"results":[{"{{name}}":1,"id":"a","Name":"b"}]}""");
        server.Answers["GET /api/v1/repositories"] = http => http.Response.Body.WriteAsync(body).AsTask();

        Assert.Equal("b", Assert.Single(await app.Client.GetRepositoriesAsync(default)).Name);
    }

    private void Answer(string encoding, int status) => server.Answers["GET /api/v1/sessions/s"] = http =>
    {
        http.Response.StatusCode = status;
        http.Response.Headers.ContentEncoding = encoding;
        return http.Response.WriteAsync("""{"id":"s","status":"Succeeded"}""");
    };
}
