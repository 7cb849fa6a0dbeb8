using System.Text.Json.Nodes;
using Microsoft.DurableTask.Client;
using Rescan.Functions.S3Events;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.S3Events;

public sealed class S3HookTests : IAsyncLifetime
{
    private const string Answer =
        $$"""{"events":1,"repositories":[{"appliance":"appliance-1","id":"{{HookHost.RepositoryId}}","name":"nightly"}]}""";
    private static readonly (string, string) Key = ("x-api-key", HookHost.Key);
    private static readonly string Event = Samples.EventBridge("backups", "Veeam/Backup/nightly/vm/disk.vbk");

    private HookHost hooks = null!;

    public async Task InitializeAsync() => hooks = await HookHost.StartAsync();

    public async Task DisposeAsync() => await hooks.DisposeAsync();

    [Fact]
    public async Task An_EventBridge_event_leads_to_a_rescan_of_its_repository()
    {
        (int status, string body, _) = await hooks.PostS3Async(Event, Key);

        Assert.Equal((202, Answer), (status, body));
        await hooks.RescansAsync(1);
        await hooks.QuietAsync();
    }

    [Fact]
    public async Task Events_during_a_rescan_get_another_one_once_it_has_ended()
    {
        hooks.Server.Json("GET /api/v1/sessions/s1", """{"id":"s1","status":"Running"}""");
        await hooks.PostS3Async(Event, Key);
        await hooks.RescansAsync(1);
        await hooks.QuietAsync();

        await hooks.PostS3Async(Event, Key);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while ((await StatusAsync())?.Waiting != true)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal(1, hooks.Rescans);
        hooks.Server.Json("GET /api/v1/sessions/s1", """{"id":"s1","status":"Succeeded"}""");
        await hooks.QuietAsync();
        await hooks.RescansAsync(2);
    }

    [Fact]
    public async Task An_SNS_notification_leads_to_a_rescan_of_its_repository()
    {
        string records = Samples.Records(("ObjectCreated:Put", "backups", "nightly/my+disk.vbk"));
        (int status, string body, _) = await hooks.PostS3Async(
            hooks.Sns.Notification(DateTimeOffset.UtcNow, records, "1", "Amazon S3 Notification").ToJsonString(),
            ("x-amz-sns-message-type", "Notification"));

        Assert.Equal((202, Answer), (status, body));
        await hooks.RescansAsync(1);
    }

    [Fact]
    public async Task An_EventBridge_event_sent_on_by_SNS_is_read_too() =>
        Assert.Equal((202, Answer), await StatusAndBodyAsync(hooks.Sns.Notification(DateTimeOffset.UtcNow, Event).ToJsonString()));

    [Fact]
    public async Task A_subscription_is_confirmed_at_SNS()
    {
        Assert.Equal(
            (200, """{"subscription":"confirmed"}"""),
            await StatusAndBodyAsync(hooks.Sns.Confirmation(DateTimeOffset.UtcNow).ToJsonString()));
        Assert.Equal(1, hooks.Server.Count("GET /"));
    }

    [Fact]
    public async Task The_end_of_a_subscription_is_taken_note_of_and_not_undone()
    {
        Assert.Equal(
            (200, """{"subscription":"ended"}"""),
            await StatusAndBodyAsync(hooks.Sns.Confirmation(DateTimeOffset.UtcNow, "UnsubscribeConfirmation").ToJsonString()));
        Assert.Equal(0, hooks.Server.Count("GET /"));
    }

    [Fact]
    public async Task A_subscription_that_SNS_does_not_confirm_is_left_for_its_next_attempt()
    {
        hooks.Server.Json("GET /", "", 500);

        Assert.Equal(503, (await hooks.PostS3Async(hooks.Sns.Confirmation(DateTimeOffset.UtcNow).ToJsonString())).Status);
    }

    [Fact]
    public async Task A_subscription_elsewhere_is_not_confirmed()
    {
        Assert.Equal(
            400, (await hooks.PostS3Async(
                hooks.Sns.Confirmation(DateTimeOffset.UtcNow, subscribeUrl: "https://evil.example/?x").ToJsonString())).Status);
        Assert.Equal(0, hooks.Server.Count("GET /"));
    }

    [Theory]
    [InlineData("Message", "changed", 401)]
    [InlineData("SigningCertURL", "https://evil.example/SimpleNotificationService-1.pem", 401)]
    [InlineData("SigningCertURL", "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem", 503)]
    [InlineData("TopicArn", "arn:aws:sns:us-west-2:123456789012:Other", 403)]
    [InlineData("Timestamp", "2001-01-01T00:00:00.000Z", 401)]
    [InlineData("Type", "Other", 400)]
    public async Task A_forged_SNS_message_is_refused_even_with_the_key(string field, string value, int status)
    {
        JsonObject forged = hooks.Sns.Notification(DateTimeOffset.UtcNow, Event);
        forged[field] = value;

        Assert.Equal(status, (await hooks.PostS3Async(forged.ToJsonString())).Status);
        Assert.Equal(status, (await hooks.PostS3Async(forged.ToJsonString(), Key)).Status);
        Assert.Null(await hooks.Client.GetInstanceAsync(Instance));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdef-s4")]
    [InlineData("0123456789abcdef-s33")]
    public async Task An_event_without_the_key_is_refused(string? key)
    {
        Assert.Equal(401, (await hooks.PostS3Async(Event, key is null ? [] : [("x-api-key", key)])).Status);
        Assert.Equal(
            401, (await hooks.PostS3Async(
                Samples.Records(("ObjectCreated:Put", "backups", "nightly/disk")), key is null ? [] : [("x-api-key", key)])).Status);
        Assert.Null(await hooks.Client.GetInstanceAsync(Instance));
    }

    [Fact]
    public async Task The_key_given_twice_is_refused() => Assert.Equal(401, (await hooks.PostS3Async(Event, Key, Key)).Status);

    [Fact]
    public async Task Several_keys_and_another_header_serve_while_a_key_changes()
    {
        await using HookHost other = await HookHost.StartAsync(
            new() { ["Rescan:Webhooks:S3:ApiKeys:1"] = "another-key-of-16", ["Rescan:Webhooks:S3:ApiKeyHeader"] = "X-Rescan-Key" });

        Assert.Equal(202, (await other.PostS3Async(Event, ("x-rescan-key", HookHost.Key))).Status);
        Assert.Equal(202, (await other.PostS3Async(Event, ("x-rescan-key", "another-key-of-16"))).Status);
        Assert.Equal(401, (await other.PostS3Async(Event, Key)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"Type":"Notification","TopicArn":"x"}""")]
    public async Task A_body_that_is_no_event_is_refused(string body) => Assert.Equal(400, (await hooks.PostS3Async(body, Key)).Status);

    [Fact]
    public async Task The_test_event_of_S3_is_accepted_and_does_nothing()
    {
        Assert.Equal(
            (202, """{"events":0,"repositories":[]}"""),
            await StatusAndBodyAsync(hooks.Sns.Notification(DateTimeOffset.UtcNow, Samples.TestEvent).ToJsonString()));
        Assert.DoesNotContain(hooks.Server.Requests, r => r.Contains("repositories", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_event_of_no_repository_starts_nothing_and_is_told_with_what_was_compared()
    {
        (int status, string body, _) = await hooks.PostS3Async(Samples.EventBridge("backups", "weekly/disk"), Key);
        (_, string elsewhere, _) = await hooks.PostS3Async(Samples.EventBridge("Backups", "nightly/disk"), Key);

        Assert.Equal(202, status);
        Assert.Contains("\"bucket\":\"backups\",\"key\":\"weekly/disk\"", body, StringComparison.Ordinal);
        Assert.Contains("nightly/", body, StringComparison.Ordinal);
        Assert.Contains("with the buckets of the repositories: backups.", elsewhere, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_an_appliance_has_not_told_its_repositories_events_are_left_to_be_sent_again()
    {
        hooks.Server.Json("GET /api/v1/repositories", "{}", 500);

        (int status, string body, HttpResponseMessage answer) = await hooks.PostS3Async(Event, Key);

        Assert.Equal((503, true), (status, answer.Headers.RetryAfter is not null));
        Assert.Contains("appliance-1", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_events_over_HTTP_give_one_rescan()
    {
        await using HookHost busy = await HookHost.StartAsync(new() { ["Rescan:Webhooks:S3:QuietPeriod"] = "00:00:05" });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10_000),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (_, _) => Assert.Equal(202, (await busy.PostS3Async(Event, Key)).Status));

        await busy.QuietAsync();
        await busy.RescansAsync(1);
        Assert.Equal(1, busy.Server.Count("GET /api/v1/repositories"));
    }

    private static string Instance => S3DebounceOrchestration.InstanceIdOf("appliance-1", HookHost.RepositoryId);

    private async Task<S3DebounceStatus?> StatusAsync() =>
        (await hooks.Client.GetInstanceAsync(Instance, true))?.ReadCustomStatusAs<S3DebounceStatus>();

    private async Task<(int Status, string Body)> StatusAndBodyAsync(string body)
    {
        (int status, string answer, _) = await hooks.PostS3Async(body);
        return (status, answer);
    }
}
