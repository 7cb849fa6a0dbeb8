using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rescan.Functions.Appliances;
using Rescan.Functions.S3Events;
using Rescan.Functions.StandardWebhooks;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Settings;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>
/// Representation assumed, not negotiated: compressed, with a byte order mark, in another case, and as other senders than Amazon write.
/// </summary>
public sealed class RepresentationTests : IAsyncLifetime
{
    private const string Mark = "\uFEFF";
    private HookHost hooks = null!;

    public async Task InitializeAsync() => hooks = await HookHost.StartAsync();

    public async Task DisposeAsync() => await hooks.DisposeAsync();

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task An_appliance_may_compress_and_begin_with_a_byte_order_mark(string encoding)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        await using ClientOf app = new(server.Url, [server.Thumbprint]);
        server.Answers["GET /api/v1/sessions/s"] = http => CompressAsync(http, encoding, Mark + """{"id":"s","status":"Running"}""");
        server.Answers["GET /api/v1/sessions/s/log"] = http => CompressAsync(
            http, encoding, Mark + """{"sessionId":"s","log":[{"logTime":"2026-03-01T02:00:01","status":"Success","message":"m"}]}""");

        Assert.Equal("Running", (await app.Client.GetSessionAsync("s", default)).Status);
        Assert.Equal("m", (await app.Client.GetSessionLogAsync("s", default))[0].Message);
    }

    [Theory]
    [InlineData("""{"Id":"s","Type":"importPolicy","Status":"succeeded","Result":"success","Reason":"r","ExecutionStartTime":"2026-03-01T02:00:00Z"}""")]
    [InlineData("""{"id":"s","type":"IMPORTPOLICY","status":"SUCCEEDED","result":"Succeeded","reason":"r","executionstarttime":"2026-03-01T03:00:00+01:00"}""")]
    public async Task Names_and_values_are_read_in_any_case_as_what_they_mean(string body)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        await using ClientOf app = new(server.Url, [server.Thumbprint]);
        server.Json("POST /api/v1/token", """{"Access_Token":"a1","EXPIRES_IN":900}""");
        server.Json("GET /api/v1/sessions/s", body);
        server.Json("GET /api/v1/sessions/s/log",
            """{"SessionId":"s","Log":[{"LogTime":"2026-03-01T02:00:01","Status":"error","Message":"m"},null,{}]}""");

        Assert.Equal(
            new ApplianceSession("s", SessionState.Done, "Succeeded")
            {
                Type = "ImportPolicy", Result = SessionResult.Succeeded, Reason = "r",
                StartedAt = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero), Nature = SessionNature.Rescan,
            },
            await app.Client.GetSessionAsync("s", default));
        Assert.Equal(
            [new SessionLogItem(new DateTimeOffset(2026, 3, 1, 2, 0, 1, TimeSpan.Zero), "Error", "m")],
            await app.Client.GetSessionLogAsync("s", default));
    }

    /// <summary>As MinIO sends it: the names begin with s3:, and the bucket and key stand before the records as well.</summary>
    [Fact]
    public async Task Events_of_other_stores_are_read()
    {
        const string body = """
            {"EventName":"s3:ObjectCreated:CompleteMultipartUpload","Key":"backups/nightly/disk.vbk","Records":[{"eventVersion":"2.0","eventSource":"minio:s3","awsRegion":"",
             "eventTime":"2026-03-01T02:00:00.000Z","eventName":"s3:ObjectCreated:CompleteMultipartUpload",
             "s3":{"s3SchemaVersion":"1.0","configurationId":"Config","bucket":{"name":"backups","arn":"arn:aws:s3:::backups"},"object":{"key":"nightly%2Fdisk.vbk","size":5}},
             "source":{"host":"10.0.0.1","port":"","userAgent":"MinIO"}}]}
            """;

        (int status, string answer, _) = await hooks.PostS3Async(Mark + body, ("x-api-key", HookHost.Key));

        Assert.Equal((202, true), (status, answer.Contains("\"name\":\"nightly\"", StringComparison.Ordinal)));
        Assert.Empty(S3EventParser.Parse(body.Replace("ObjectCreated", "ObjectRemoved", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_store_that_shows_its_key_as_a_bearer_is_let_in()
    {
        await using HookHost bearer = await HookHost.StartAsync(new() { ["Rescan:Webhooks:S3:ApiKeyHeader"] = "Authorization" });

        Assert.Equal(
            202,
            (await bearer.PostS3Async(Samples.EventBridge("backups", "nightly/a"), ("Authorization", "Bearer " + HookHost.Key))).Status);
        Assert.Equal(
            401, (await bearer.PostS3Async(Samples.EventBridge("backups", "nightly/a"), ("Authorization", "Bearer other"))).Status);
    }

    [Fact]
    public async Task Raw_delivery_of_SNS_is_refused_with_the_reason()
    {
        (int status, string answer, _) = await hooks.PostS3Async(
            Samples.Records(("ObjectCreated:Put", "backups", "nightly/disk")), ("x-amz-sns-message-type", "Notification"),
            ("x-amz-sns-rawdelivery", "true"));

        Assert.Equal((401, true), (status, answer.Contains("raw message delivery carries no signature", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("webhook-", "msg_1.attempt.2")]
    [InlineData("svix-", "msg_2aZ.b")]
    public async Task Signed_messages_of_svix_and_ids_with_full_stops_are_taken(string prefix, string id)
    {
        Assert.Equal(202, (await PostAsync(prefix, id, Mark + """{"appliance":"appliance-1"}""", HookHost.Secret)).Status);
        Assert.Equal(
            401, (await PostAsync(prefix, id + "x", """{"appliance":"appliance-1"}""", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")).Status);
    }

    [Fact]
    public async Task Headers_of_both_kinds_are_not_mixed()
    {
        using HttpRequestMessage request = Signed("webhook-", "one", """{"appliance":"appliance-1"}""", HookHost.Secret);
        request.Headers.Remove("webhook-timestamp");
        request.Headers.Add("svix-timestamp", DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(null, null));

        Assert.Equal(401, (await hooks.SendAsync(request)).Status);
    }

    [Fact]
    public void A_settings_file_may_begin_with_a_byte_order_mark_and_spell_values_otherwise()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, """{"values":{"Rescan__Deadline":"01:00:00"}}""", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.Equal("01:00:00", SettingsFile.Load(file, isNamed: true).Values["Rescan__Deadline"]);
        File.Delete(file);
    }

    private static async Task CompressAsync(HttpContext http, string encoding, string body)
    {
        // A proxy may compress whether it was asked to or not.
        http.Response.Headers.ContentEncoding = encoding;
        await using Stream stream = encoding == "br"
            ? new BrotliStream(http.Response.Body, CompressionLevel.Fastest)
            : new GZipStream(http.Response.Body, CompressionLevel.Fastest);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(body));
    }

    private static HttpRequestMessage Signed(string prefix, string id, string body, string secret)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        HttpRequestMessage request = new(HttpMethod.Post, "/api/hooks/rescan") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add(prefix + "id", id);
        request.Headers.Add(prefix + "timestamp", now.ToUnixTimeSeconds().ToString(null, null));
        request.Headers.Add(prefix + "signature", new StandardWebhookSigner([secret]).Sign(id, now, bytes));
        return request;
    }

    private async Task<(int Status, string Body, HttpResponseMessage Answer)> PostAsync(
        string prefix, string id, string body, string secret)
    {
        using HttpRequestMessage request = Signed(prefix, id, body, secret);
        return await hooks.SendAsync(request);
    }
}
