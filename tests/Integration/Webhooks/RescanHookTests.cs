using System.Text;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Functions.StandardWebhooks;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Webhooks;

public sealed class RescanHookTests : IAsyncLifetime
{
    private const string Body = """{"appliance":"appliance-1","repository":"nightly"}""";
    private const string Answer = $$"""{"rescans":[{"id":"rescan-appliance-1-{{HookHost.RepositoryId}}","joined":false}]}""";

    private HookHost hooks = null!;

    public async Task InitializeAsync() => hooks = await HookHost.StartAsync();

    public async Task DisposeAsync() => await hooks.DisposeAsync();

    [Fact]
    public async Task A_signed_message_starts_a_rescan()
    {
        (int status, string body, HttpResponseMessage answer) = await hooks.PostSignedAsync(Body);

        Assert.Equal((202, Answer), (status, body));
        Assert.Equal($"/api/rescans/rescan-appliance-1-{HookHost.RepositoryId}", answer.Headers.Location?.ToString());
        Assert.Equal(
            new StartRescanRequest("appliance-1", "nightly") { StartedBy = new Initiator(InitiatorKind.Webhook, "msg_1") },
            Assert.Single(hooks.Requests));
    }

    [Fact]
    public async Task A_filter_is_read_whole()
    {
        (int status, _, _) = await hooks.PostSignedAsync(
            """{"appliance":"a","filter":{"include":["n*","m"],"exclude":["x"],"bucket":"b","folder":"f"}}""");

        StartRescanRequest request = Assert.Single(hooks.Requests);
        Assert.Equal((202, "a", "b", "f"), (status, request.Appliance, request.Filter!.Bucket, request.Filter.Folder));
        Assert.Equal(["n*", "m", "x"], request.Filter.Include!.Concat(request.Filter.Exclude!));
    }

    [Fact]
    public async Task A_message_delivered_again_gets_the_first_answer_and_starts_nothing()
    {
        await hooks.PostSignedAsync(Body);

        (int status, string body, HttpResponseMessage answer) = await hooks.PostSignedAsync(
            Body, at: DateTimeOffset.UtcNow.AddSeconds(-60));

        Assert.Equal((202, Answer), (status, body));
        Assert.NotNull(answer.Headers.Location);
        Assert.Single(hooks.Requests);
        await hooks.PostSignedAsync(Body, "msg_2");
        Assert.Equal(2, hooks.Requests.Count);
    }

    [Fact]
    public async Task Deliveries_at_once_start_one_rescan()
    {
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        hooks.OnStart = _ => goOn.Task;
        Task<(int Status, string Body, HttpResponseMessage Answer)>[] all = [
            .. Enumerable.Range(0, 20).Select(_ => hooks.PostSignedAsync(Body))];
        while (all.Count(t => t.IsCompleted) < 19)
        {
            await Task.WhenAny(all.Where(t => !t.IsCompleted)).WaitAsync(TimeSpan.FromSeconds(30));
        }

        goOn.SetResult();
        (int Status, string Body, HttpResponseMessage Answer)[] answers = await Task.WhenAll(all);

        Assert.Single(hooks.Requests);
        Assert.Equal(Answer, Assert.Single(answers, a => a.Status == 202).Body);
        Assert.All(answers.Where(a => a.Status != 202),
            a => Assert.Equal((409, true), (a.Status, a.Answer.Headers.RetryAfter is not null)));
    }

    [Fact]
    public async Task An_id_used_for_another_body_is_refused()
    {
        await hooks.PostSignedAsync(Body);

        Assert.Equal(422, (await hooks.PostSignedAsync("""{"appliance":"appliance-1"}""")).Status);
        Assert.Single(hooks.Requests);
    }

    [Fact]
    public async Task A_message_of_another_secret_or_another_time_is_refused()
    {
        Assert.Equal(401, (await hooks.PostSignedAsync(Body, secret: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")).Status);
        Assert.Equal(401, (await hooks.PostSignedAsync(Body, at: DateTimeOffset.UtcNow.AddMinutes(-6))).Status);
        Assert.Equal(401, (await hooks.PostSignedAsync(Body, at: DateTimeOffset.UtcNow.AddMinutes(6))).Status);
        Assert.Empty(hooks.Requests);
    }

    [Theory]
    [InlineData("webhook-id", 0)]
    [InlineData("webhook-id", 2)]
    [InlineData("webhook-timestamp", 0)]
    [InlineData("webhook-timestamp", 2)]
    [InlineData("webhook-signature", 0)]
    public async Task A_header_missing_or_given_twice_is_refused(string header, int copies)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Body);
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/hooks/rescan") { Content = new ByteArrayContent(bytes) };
        new StandardWebhookSigner([HookHost.Secret]).Sign(request, "msg_1", DateTimeOffset.UtcNow, bytes);
        string value = request.Headers.GetValues(header).Single();
        request.Headers.Remove(header);
        request.Headers.Add(header, Enumerable.Repeat(value, copies));

        Assert.Equal(401, (await hooks.SendAsync(request)).Status);
        Assert.Empty(hooks.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"appliance":null}""")]
    [InlineData("""{"appliance":""}""")]
    [InlineData("""{"appliance":7}""")]
    [InlineData("""{"appliance":"a","appliance":"b"}""")]
    [InlineData("""{"apliance":"a"}""")]
    [InlineData("""{"appliance":"a","filter":{"includes":["x"]}}""")]
    [InlineData("""{"repository":"r"}""")]
    [InlineData("""{"appliance":"a","repository":"r","filter":{}}""")]
    [InlineData("""{"appliance":"\ud800"}""")]
    [InlineData("""{"appliance":"a"} trailing""")]
    [InlineData("""{"filter":{"include":[[[[[[[[[[[["deep"]]]]]]]]]]]]}}""")]
    public async Task A_body_of_another_form_is_refused_and_the_id_stays_free(string body)
    {
        Assert.Equal(400, (await hooks.PostSignedAsync(body)).Status);
        Assert.Empty(hooks.Requests);
        Assert.Equal(202, (await hooks.PostSignedAsync(Body)).Status);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF8_is_refused()
    {
        byte[] bytes = [.. "{\"appliance\":\""u8, 0xFF, .. "\"}"u8];
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/hooks/rescan") { Content = new ByteArrayContent(bytes) };
        new StandardWebhookSigner([HookHost.Secret]).Sign(request, "msg_1", DateTimeOffset.UtcNow, bytes);

        Assert.Equal(400, (await hooks.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData("/api/hooks/rescan", false)]
    [InlineData("/api/hooks/rescan", true)]
    [InlineData("/api/hooks/s3", false)]
    [InlineData("/api/hooks/s3", true)]
    public async Task A_body_over_the_limit_is_refused(string path, bool chunked)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[(256 * 1024) + 1]) };
        request.Headers.TransferEncodingChunked = chunked;

        Assert.Equal(413, (await hooks.SendAsync(request)).Status);
    }

    [Fact]
    public async Task What_does_not_exist_is_told_and_not_remembered()
    {
        hooks.OnStart = _ => throw new KeyNotFoundException("No appliance is named 'appliance-1'.");
        (int status, string body, _) = await hooks.PostSignedAsync(Body);
        Assert.Equal(422, status);
        Assert.Contains("No appliance is named", body, StringComparison.Ordinal);

        hooks.OnStart = null;
        Assert.Equal(202, (await hooks.PostSignedAsync(Body)).Status);
    }

    [Fact]
    public async Task An_appliance_that_does_not_answer_is_a_reason_to_ask_again()
    {
        hooks.OnStart = _ => throw new ApplianceException(
            ApplianceFailure.Transient, "Appliance 'appliance-1' did not answer.")
        { RetryAfter = TimeSpan.FromSeconds(7) };

        (int status, _, HttpResponseMessage answer) = await hooks.PostSignedAsync(Body);

        Assert.Equal((503, TimeSpan.FromSeconds(7)), (status, answer.Headers.RetryAfter!.Delta));
    }

    [Fact]
    public async Task After_a_fault_of_our_own_the_next_delivery_counts()
    {
        hooks.OnStart = _ => throw new InvalidOperationException("disk full, secret path");
        (int status, string body, _) = await hooks.PostSignedAsync(Body);
        Assert.Equal(500, status);
        Assert.DoesNotContain("disk full", body, StringComparison.Ordinal);

        hooks.OnStart = null;
        Assert.Equal(202, (await hooks.PostSignedAsync(Body)).Status);
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_hook()
    {
        await using HookHost closed = await HookHost.StartAsync(new()
        {
            ["Rescan:Webhooks:Secrets:0"] = "",
            ["Rescan:Webhooks:S3:ApiKeys:0"] = "",
            ["Rescan:Webhooks:S3:TopicArns:0"] = "",
        });

        Assert.Equal(404, (await closed.PostSignedAsync(Body)).Status);
        Assert.Equal(404, (await closed.PostS3Async(Samples.EventBridge("backups", "nightly/disk"), ("x-api-key", HookHost.Key))).Status);
        Assert.Equal(404, (await closed.PostS3Async(closed.Sns.Notification(DateTimeOffset.UtcNow, "x").ToJsonString())).Status);
    }
}
