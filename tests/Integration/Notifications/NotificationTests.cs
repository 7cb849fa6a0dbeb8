using System.Diagnostics;
using System.Text.Json;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescan.Functions.Notifications;
using Rescan.Functions.StandardWebhooks;
using Rescan.Functions.Storage;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Notifications;

/// <summary>Rescans against a simulated appliance over HTTPS, and what a real receiver gets of them.</summary>
public sealed class NotificationTests
{
    [Fact]
    public async Task A_failed_rescan_reaches_each_kind_of_channel_in_its_own_format()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", receiver => new()
        {
            ["Rescan:PublicUrl"] = "https://rescan.example",
            ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
            ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver, "/hook").AbsoluteUri,
            ["Rescan:Notifications:Channels:0:Secret"] = NotifyingApp.Secret,
            ["Rescan:Notifications:Channels:1:Kind"] = "Slack",
            ["Rescan:Notifications:Channels:1:Url"] = new Uri(receiver, "/services/T0/B0/secret-path").AbsoluteUri,
            ["Rescan:Notifications:Channels:2:Kind"] = "teams",
            ["Rescan:Notifications:Channels:2:Url"] = new Uri(receiver, "/workflows/run?sig=secret-sig").AbsoluteUri,
        });

        OrchestrationMetadata rescan = await app.RescanAsync("archive");
        Received hook = Assert.Single(await app.Receiver.WaitAsync("/hook", 1));
        Received slack = Assert.Single(await app.Receiver.WaitAsync("/services/T0/B0/secret-path", 1));
        Received teams = Assert.Single(await app.Receiver.WaitAsync("/workflows/run", 1));
        IReadOnlyList<OrchestrationMetadata> told = await app.ToldAsync();

        Assert.Equal(WebhookVerdict.Valid, hook.Verify(NotifyingApp.Secret));
        Assert.Equal("rescan.ended", hook.Json.GetProperty("type").GetString());
        JsonElement data = hook.Json.GetProperty("data");
        Assert.Equal(
            ("Failed", "archive", "appliance-1"),
            (data.GetProperty("outcome").GetString(), data.GetProperty("repository").GetProperty("name").GetString(),
                data.GetProperty("appliance").GetString()));
        Assert.Equal(rescan.ReadOutputAs<RescanOutcome>()!.SessionId, data.GetProperty("sessionId").GetString());
        Assert.Equal($"{data.GetProperty("requestId").GetString()}_webhook", hook.Id);
        string page = $"https://rescan.example/api/#/rescans/{rescan.InstanceId}/{data.GetProperty("requestId").GetString()}";
        Assert.Equal(page, data.GetProperty("link").GetString());

        Assert.Contains("Rescan failed: archive on appliance-1", slack.Json.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("header", slack.Json.GetProperty("blocks")[0].GetProperty("type").GetString());
        Assert.DoesNotContain("webhook-signature", slack.Headers.Keys);

        Assert.Equal("message", teams.Json.GetProperty("type").GetString());
        JsonElement attachment = teams.Json.GetProperty("attachments")[0];
        Assert.Equal("application/vnd.microsoft.card.adaptive", attachment.GetProperty("contentType").GetString());
        Assert.Equal("AdaptiveCard", attachment.GetProperty("content").GetProperty("type").GetString());
        Assert.Equal(page, attachment.GetProperty("content").GetProperty("actions")[0].GetProperty("url").GetString());

        Assert.All(Assert.Single(told).ReadOutputAs<DeliveryResult[]>()!, r => Assert.True(r.Delivered));
        Assert.All(app.Logs.GetSnapshot(), l => Assert.DoesNotContain("secret-", l.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_succeeds_is_no_failure_but_its_first_change_is_told_once()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("warning", receiver => new()
        {
            ["Rescan:Notifications:Channels:0:Name"] = "failures",
            ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
            ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver, "/failures").AbsoluteUri,
            ["Rescan:Notifications:Channels:0:Secret"] = NotifyingApp.Secret,
            ["Rescan:Notifications:Channels:1:Name"] = "changes",
            ["Rescan:Notifications:Channels:1:Kind"] = "webhook",
            ["Rescan:Notifications:Channels:1:Url"] = new Uri(receiver, "/changes").AbsoluteUri,
            ["Rescan:Notifications:Channels:1:Secret"] = NotifyingApp.Secret,
            ["Rescan:Notifications:Channels:1:When"] = "change",
            ["Rescan:Notifications:Channels:2:Name"] = "all",
            ["Rescan:Notifications:Channels:2:Kind"] = "webhook",
            ["Rescan:Notifications:Channels:2:Url"] = new Uri(receiver, "/all").AbsoluteUri,
            ["Rescan:Notifications:Channels:2:Secret"] = NotifyingApp.Secret,
            ["Rescan:Notifications:Channels:2:When"] = "always",
        });

        await app.RescanAsync("archive");
        await app.RescanAsync("archive");
        await app.Receiver.WaitAsync("/all", 2);
        await app.ToldAsync();

        Assert.Empty(app.Receiver.At("/failures"));
        Assert.Single(app.Receiver.At("/changes"));
        Assert.Equal(2, app.Receiver.At("/all").Count);
        Assert.Equal("Warning", app.Receiver.At("/all")[1].Json.GetProperty("data").GetProperty("previousOutcome").GetString());
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_with_the_same_id_and_holds_nothing_up()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", Webhook);
        app.Receiver.Answer("/hook", (503, "later"));

        OrchestrationMetadata rescan = await app.RescanAsync("archive");
        Assert.Equal(OrchestrationRuntimeStatus.Completed, rescan.RuntimeStatus);
        IReadOnlyList<Received> tries = await app.Receiver.WaitAsync("/hook", 2);
        DeliveryResult result = Assert.Single(Assert.Single(await app.ToldAsync()).ReadOutputAs<DeliveryResult[]>()!);

        Assert.Equal(2, tries.Count);
        Assert.Equal(tries[0].Id, tries[1].Id);
        Assert.Equal(tries[0].Body, tries[1].Body);
        Assert.All(tries, t => Assert.Equal(WebhookVerdict.Valid, t.Verify(NotifyingApp.Secret)));
        Assert.True(result.Delivered);

        // While it is tried again, that is a warning without a stack. The rescan did fail, which is an error.
        Assert.Single(
            app.Logs.GetSnapshot(),
            r => r.Level == LogLevel.Warning && r.Message.Contains("is tried again in 00:00:05: answered 503", StringComparison.Ordinal));
        Assert.All(
            app.Logs.GetSnapshot().Where(r => r.Level >= LogLevel.Error || r.Exception is not null),
            r => Assert.StartsWith("Rescan ended: outcome=Failed", r.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receiver_that_refuses_for_good_is_not_tried_again_but_logged()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", Webhook);
        app.Receiver.Answer("/hook", (410, "gone"), (410, "gone"));

        await app.RescanAsync("archive");
        await app.Receiver.WaitAsync("/hook", 1);
        DeliveryResult result = Assert.Single(Assert.Single(await app.ToldAsync()).ReadOutputAs<DeliveryResult[]>()!);

        Assert.Equal((false, "answered 410"), (result.Delivered, result.Detail));
        Assert.Single(app.Receiver.At("/hook"));
        Assert.Contains(
            app.Logs.GetSnapshot(),
            l => l.Level == LogLevel.Error && l.Message.Contains("webhook", StringComparison.Ordinal)
                && l.Message.Contains("410", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repeat_tells_nobody_twice_and_one_whose_record_was_lost_carries_the_same_id()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", Webhook);
        RescanOutcome outcome = (await app.RescanAsync("archive")).ReadOutputAs<RescanOutcome>()!;
        Received first = Assert.Single(await app.Receiver.WaitAsync("/hook", 1));
        await app.ToldAsync();
        Notification again = new(first.Json.GetProperty("data").GetProperty("requestId").GetString()!) { Rescan = outcome };
        INotifier notifier = app.Services.GetRequiredService<INotifier>();

        Assert.Equal("told before", (await notifier.DeliverAsync("webhook", again, default)).Detail);
        Assert.Single(app.Receiver.All);
        ITable table = app.Services.GetRequiredService<ITable>();
        List<TableRow> recorded = await table.QueryAsync("deliveries", KeyRange.All, 3, default).ToListAsync();
        Assert.Equal(2, recorded.Count);
        Assert.True(await table.TryWriteAsync("deliveries", [.. recorded.Select(TableChange.Delete)], default));

        Assert.True((await notifier.DeliverAsync("webhook", again, default)).Delivered);
        Assert.Equal(first.Id, app.Receiver.At("/hook")[1].Id);
    }

    [Fact]
    public async Task A_run_is_told_once_with_all_its_rescans()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", Webhook);

        await app.RescanAsync(null);
        await app.Receiver.WaitAsync("/hook", 1);
        await app.ToldAsync();

        JsonElement told = Assert.Single(app.Receiver.All).Json;
        Assert.Equal("run.ended", told.GetProperty("type").GetString());
        JsonElement data = told.GetProperty("data");
        Assert.Equal(
            (4, 4, 4),
            (data.GetProperty("repositories").GetInt32(), data.GetProperty("counts").GetProperty("Failed").GetInt32(),
                data.GetProperty("problems").GetArrayLength()));
        Assert.Equal("Run ended with failures: 4 of 4 repositories failed", data.GetProperty("summary").GetString());
    }

    [Fact]
    public async Task A_run_whose_failures_are_those_of_the_run_before_is_no_change()
    {
        await using NotifyingApp app = await NotifyingApp.StartAsync("failed", receiver => new(Webhook(receiver))
        {
            ["Rescan:Notifications:Channels:0:Runs"] = "change",
            ["Rescan:Notifications:Channels:1:Name"] = "all",
            ["Rescan:Notifications:Channels:1:Kind"] = "slack",
            ["Rescan:Notifications:Channels:1:Url"] = new Uri(receiver, "/all").AbsoluteUri,
            ["Rescan:Notifications:Channels:1:Runs"] = "always",
        });

        await app.RescanAsync(null);
        await app.RescanAsync(null);
        await app.Receiver.WaitAsync("/all", 2);
        await app.ToldAsync();

        Assert.Single(app.Receiver.At("/hook"));
    }

    [Fact]
    public async Task Notify_test_sends_a_sample_to_each_channel_and_tells_what_became_of_it()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        receiver.Answer("/gone", (404, "no_service"));
        string folder = Directory.CreateTempSubdirectory("rescan-notify-test-").FullName;
        await using SimulatedAppliance appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        using Process process = ServeProcess.Start(
            folder, appliance, ["notify", "--test"],
            ("Rescan__Notifications__Channels__0__Kind", "webhook"),
            ("Rescan__Notifications__Channels__0__Url", new Uri(receiver.Url, "/hook").AbsoluteUri),
            ("Rescan__Notifications__Channels__0__Secret", NotifyingApp.Secret),
            ("Rescan__Notifications__Channels__1__Kind", "slack"),
            ("Rescan__Notifications__Channels__1__Url", new Uri(receiver.Url, "/gone").AbsoluteUri));
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.Equal(
            ["RESULT\tCHANNEL\tANSWER", "ok\twebhook\tanswered 200", "failed\tslack\tanswered 404 (no_service)"],
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Received sample = Assert.Single(receiver.At("/hook"));
        Assert.Equal((WebhookVerdict.Valid, "test"), (sample.Verify(NotifyingApp.Secret), sample.Json.GetProperty("type").GetString()));
        Assert.Empty(appliance.Ledger);
        Directory.Delete(folder, recursive: true);
    }

    private static Dictionary<string, string?> Webhook(Uri receiver) => new()
    {
        ["Rescan:Notifications:Channels:0:Kind"] = "webhook",
        ["Rescan:Notifications:Channels:0:Url"] = new Uri(receiver, "/hook").AbsoluteUri,
        ["Rescan:Notifications:Channels:0:Secret"] = NotifyingApp.Secret,
    };
}
