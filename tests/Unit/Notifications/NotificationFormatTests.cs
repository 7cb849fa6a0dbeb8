using System.Text;
using System.Text.Json;
using Rescan.Functions.Appliances;
using Rescan.Functions.Notifications;
using Rescan.Functions.Runs;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Rescans;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Notifications;

public sealed class NotificationFormatTests
{
    /// <summary>A name that would mention everybody, link, format, break a line and turn the text around, if it could.</summary>
    private const string Nasty = "<!channel> <https://evil.example|a> *b* _c_ [d](https://evil.example) & \"e\"\n\u202Efdp.exe";

    private static readonly DateTimeOffset Ended = new(2026, 3, 1, 2, 10, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(Outcome.Succeeded, null, "Rescan succeeded")]
    [InlineData(Outcome.Succeeded, Outcome.TimedOut, "Rescan succeeded again")]
    [InlineData(Outcome.Warning, null, "Rescan ended with warnings")]
    [InlineData(Outcome.Failed, Outcome.Failed, "Rescan failed")]
    [InlineData(Outcome.Canceled, null, "Rescan canceled")]
    [InlineData(Outcome.TimedOut, null, "Rescan not ended by its deadline")]
    [InlineData(Outcome.Lost, null, "Rescan lost its session")]
    [InlineData(Outcome.Rejected, null, "Rescan refused")]
    [InlineData(Outcome.Unreachable, null, "Appliance unreachable")]
    public void Each_outcome_has_a_title_and_says_what_to_do_unless_all_is_well(Outcome outcome, Outcome? previous, string title)
    {
        NotificationText text = NotificationText.Of(
            Failure("archive", "why") with { Rescan = Of(outcome, "archive", "why"), Previous = previous }, null);

        Assert.Equal(title, text.Title);
        Assert.Equal(outcome == Outcome.Succeeded, text.Next is null);
        Assert.Contains(("Took", "2 min 40 s"), text.Facts);
        Assert.Contains(("Why", "why"), text.Facts);
        Assert.Contains(("Ended", "2026-03-01 02:10 UTC"), text.Facts);
        Assert.Equal(previous is not null && previous != outcome, text.Facts.Any(f => f.Name == "Time before"));
        Assert.Null(text.Link);
    }

    [Fact]
    public void Slack_shows_names_as_they_are()
    {
        JsonElement message = Read(SlackMessage.Write(NotificationText.Of(Failure(Nasty, Nasty), null)));

        Assert.DoesNotContain('<', message.GetProperty("text").GetString()!);
        Assert.Contains("&lt;!channel&gt;", message.GetProperty("text").GetString(), StringComparison.Ordinal);
        int seen = 0;
        foreach (JsonElement text in Objects(message)
            .Where(o => Text(o).Contains("evil", StringComparison.Ordinal) && o.TryGetProperty("type", out _)))
        {
            Assert.Equal("text", text.GetProperty("type").GetString());
            Assert.DoesNotContain('\u202E', Text(text));
            seen++;
        }

        Assert.True(seen >= 3);
        Assert.DoesNotContain(Objects(message), o => o.TryGetProperty("type", out JsonElement type) && type.GetString() == "mrkdwn");
    }

    [Fact]
    public void Teams_shows_names_as_they_are()
    {
        JsonElement card = Read(TeamsCard.Write(NotificationText.Of(Failure(Nasty, Nasty), null))).GetProperty("attachments")[0]
            .GetProperty("content");

        Assert.Equal(
            ["Rescan failed"],
            Objects(card).Where(o => o.TryGetProperty("type", out JsonElement type) && type.GetString() == "TextBlock").Select(Text));
        JsonElement[] outside = [.. Objects(card).Where(o => Text(o).Contains("evil", StringComparison.Ordinal))];
        Assert.True(outside.Length >= 3);
        Assert.All(outside, o => Assert.Equal("TextRun", o.GetProperty("type").GetString()));
        Assert.All(outside, o => Assert.DoesNotContain('\n', Text(o)));
    }

    [Fact]
    public void A_webhook_carries_names_exactly()
    {
        Notification failure = Failure(Nasty, Nasty);

        JsonElement data = Read(WebhookEvent.Write(failure, NotificationText.Of(failure, null))).GetProperty("data");

        Assert.Equal(Nasty, data.GetProperty("repository").GetProperty("name").GetString());
        Assert.Equal(Nasty, data.GetProperty("reason").GetString());
        Assert.DoesNotContain('\n', data.GetProperty("summary").GetString()!);
    }

    [Fact]
    public void A_run_of_a_thousand_failures_stays_below_the_limits_of_every_format()
    {
        RunItem[] items = [.. Enumerable.Range(0, 1000).Select(i => new RunItem
        {
            Appliance = "appliance-1", Repository = new RepositoryRef($"{i}", $"{Nasty}{new string('n', 400)}{i}"), Turn = i,
            RequestId = $"{i}",
            State = RunItemState.Ended, Outcome = Outcome.Failed, DurationSeconds = 1, Reason = new string('w', 5000),
        })];
        RunRecord record = new()
        {
            Id = "run-1", Status = RunStatus.Completed, StartedAt = Ended.AddHours(-3), FinishedAt = Ended,
            Counts = RunSummary.Count(items),
            Errors = [.. Enumerable.Range(0, 100).Select(i => $"appliance-{i}: {new string('e', 5000)}")],
        };
        Notification run = new("r") { Run = RunSummary.Of(record, items) };
        NotificationText text = NotificationText.Of(run, new Uri("https://rescan.example"));

        Assert.Equal(1000, run.Run.Failed);
        Assert.Contains("1000 of 1000 repositories failed", text.Subject, StringComparison.Ordinal);
        Assert.StartsWith("and ", text.Problems[^1], StringComparison.Ordinal);

        // Teams takes 28 KB; Slack 50 blocks.
        Assert.InRange(TeamsCard.Write(text).Length, 1, 28_000);
        Assert.InRange(Read(SlackMessage.Write(text)).GetProperty("blocks").GetArrayLength(), 3, 50);
    }

    [Fact]
    public void Emoji_are_never_cut_in_two()
    {
        NotificationText text = NotificationText.Of(Failure("archive", string.Concat(Enumerable.Repeat("🚨", 1000))), null);

        Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Facts.Single(f => f.Name == "Why").Value)));
    }

    [Theory]
    [InlineData("never", Outcome.Failed, null, false)]
    [InlineData("every", Outcome.Failed, Outcome.Failed, true)]
    [InlineData("every", Outcome.Unreachable, null, true)]
    [InlineData("every", Outcome.Warning, null, false)]
    [InlineData("every", Outcome.Canceled, null, false)]
    [InlineData("change", Outcome.Succeeded, null, false)]
    [InlineData("change", Outcome.Failed, null, true)]
    [InlineData("change", Outcome.TimedOut, Outcome.Failed, false)]
    [InlineData("change", Outcome.Succeeded, Outcome.Failed, true)]
    [InlineData("change", Outcome.Canceled, Outcome.Failed, false)]
    [InlineData("change", Outcome.Warning, Outcome.Succeeded, true)]
    [InlineData("always", Outcome.Canceled, Outcome.Canceled, true)]
    public void An_occasion_is_what_the_channel_asks_for(string occasion, Outcome outcome, Outcome? previous, bool told) =>
        Assert.Equal(told, Enum.Parse<NotifyOn>(occasion, ignoreCase: true).Includes(outcome, previous));

    private static Notification Failure(string name, string reason) => new("request") { Rescan = Of(Outcome.Failed, name, reason) };

    private static RescanOutcome Of(Outcome outcome, string name, string reason) => new()
    {
        Id = "rescan-appliance-1-x", Appliance = "appliance-1", Repository = new RepositoryRef("x", name), SessionId = "s1",
        Outcome = outcome, Reason = reason,
        StartedAt = Ended.AddMinutes(-3), FinishedAt = Ended, DurationSeconds = 160,
    };

    private static JsonElement Read(byte[] body) => JsonSerializer.Deserialize<JsonElement>(body);

    private static string Text(JsonElement o) =>
        o.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";

    private static IEnumerable<JsonElement> Objects(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Objects(p.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Objects),
        _ => [],
    };
}
