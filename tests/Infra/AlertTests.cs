using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.DurableTaskSqlite;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Infra;

[Collection(nameof(InfraFixture))]
public sealed class AlertTests(InfraFixture infra)
{
    [Theory]
    [InlineData("overdue", "ago(26h)")]
    [InlineData("failing", "\"Unreachable\"")]
    public void Rescans_are_watched_by_repository(string name, string says)
    {
        JsonNode rule = Assert.Single(
            infra.Full.Of("Microsoft.Insights/scheduledQueryRules"),
            r => ((string)r["name"]!).StartsWith(name, StringComparison.Ordinal))["properties"]!;
        JsonNode criterion = rule["criteria"]!["allOf"]![0]!;

        Assert.StartsWith(SourceTree.Read("infra/queries/outcomes.kql"), (string?)criterion["query"], StringComparison.Ordinal);
        Assert.Contains(says, (string?)criterion["query"], StringComparison.Ordinal);
        Assert.Equal(["Appliance", "Repository"], criterion["dimensions"]!.AsArray().Take(2).Select(d => (string)d!["name"]!));
        Assert.Equal(
            (string?)infra.Full.One("Microsoft.Insights/actionGroups")["id"],
            (string?)Assert.Single(rule["actions"]!["actionGroups"]!.AsArray()));
    }

    [Fact]
    public void The_app_s_health_is_watched_from_outside()
    {
        JsonNode test = infra.Full.One("Microsoft.Insights/webtests");
        Assert.Contains("{0}/health", (string?)test["properties"]!["Request"]!["RequestUrl"], StringComparison.Ordinal);

        JsonNode alert = infra.Full.One("Microsoft.Insights/metricAlerts")["properties"]!;
        Assert.Equal((string?)test["id"], (string?)alert["criteria"]!["webTestId"]);
        Assert.Equal((string?)infra.Full.One("Microsoft.Insights/actionGroups")["id"], (string?)alert["actions"]![0]!["actionGroupId"]);
        Assert.Equal(
            ["one@example.com", "two@example.com"],
            infra.Full.One("Microsoft.Insights/actionGroups")["properties"]!["emailReceivers"]!.AsArray()
            .Select(r => (string)r!["emailAddress"]!));
    }

    [Fact]
    public void The_workbook_shows_outcomes_durations_polls_and_requests()
    {
        JsonArray items = JsonNode.Parse(
            (string)infra.Sample.One("Microsoft.Insights/workbooks")["properties"]!["serializedData"]!)!["items"]!.AsArray();

        Assert.Equal(["range", "repositories", "outcomes", "durations", "polls", "requests"], items.Select(i => (string)i!["name"]!));
        Assert.All(items.Skip(1),
            i => Assert.StartsWith("let outcomes = AppTraces", (string?)i!["content"]!["query"], StringComparison.Ordinal));
    }

    [Fact]
    public void Queries_understand_the_line_that_the_app_writes()
    {
        FakeLogger log = new();
        log.RescanEnded(new RescanOutcome
        {
            Id = "rescan-aws.one-7",
            Appliance = "aws.one",
            Repository = new RepositoryRef("7", "a repository=b id=c"),
            Outcome = Outcome.TimedOut,
            StartedAt = DateTimeOffset.UnixEpoch,
            FinishedAt = DateTimeOffset.UnixEpoch,
            DurationSeconds = 86400.25,
            Polls = 12,
            Requests = new RequestCounts { Token = 1, Repositories = 2, Rescan = 4, Session = 8, Log = 16, Stop = 32, Other = 64 },
        });

        Assert.Equal(LogLevel.Error, log.LatestRecord.Level);
        Assert.Equal(
            new()
            {
                ["Outcome"] = "TimedOut",
                ["Appliance"] = "aws.one",
                ["Seconds"] = 86400.2.ToString(CultureInfo.InvariantCulture),
                ["Polls"] = "12",
                ["Requests"] = "127",
                ["Id"] = "rescan-aws.one-7",
                ["Session"] = "none",
                ["Repository"] = "a repository=b id=c",
            },
            Parse(log.LatestRecord.Message));
    }

    [Theory]
    [InlineData(Outcome.Succeeded, LogLevel.Information)]
    [InlineData(Outcome.Canceled, LogLevel.Information)]
    [InlineData(Outcome.Warning, LogLevel.Warning)]
    [InlineData(Outcome.Failed, LogLevel.Error)]
    [InlineData(Outcome.Unreachable, LogLevel.Error)]
    public void The_line_is_as_loud_as_the_end_is_bad(Outcome outcome, LogLevel level)
    {
        FakeLogger log = new();

        log.RescanEnded(new RescanOutcome
        {
            Id = "rescan-a-b", Appliance = "a", Repository = new RepositoryRef("b", "b"), Outcome = outcome,
            StartedAt = DateTimeOffset.UnixEpoch, FinishedAt = DateTimeOffset.UnixEpoch, DurationSeconds = 1,
        });

        Assert.Equal(level, log.LatestRecord.Level);
    }

    [Fact]
    public void Queries_name_every_outcome_that_is_not_the_operator_s_own_wish()
    {
        string queries = SourceTree.Read("infra/queries/outcomes.kql") + SourceTree.Read("infra/queries/failing.kql");

        IEnumerable<string> named = Regex.Matches(queries, " in \\(([^)]*)\\)").SelectMany(m => m.Groups[1].Value.Split(", "))
            .Select(o => o.Trim('"'));

        Assert.Equal(Enum.GetNames<Outcome>().Except([nameof(Outcome.Canceled)]).Order(), named.Order());
    }

    // KQL's parse operator: each text up to its next occurrence, as outcomes.kql spells it, and the last column takes the rest.
    private static Dictionary<string, string> Parse(string message)
    {
        string operands = Regex.Match(SourceTree.Read("infra/queries/outcomes.kql"), "parse Message with (.*)").Groups[1].Value;
        string pattern = Regex.Replace(operands, "\"([^\"]*)\" (\\w+)(:(real|long))?( |$)", m =>
            $"{Regex.Escape(m.Groups[1].Value)}(?<{m.Groups[2].Value}>{m.Groups[4].Value switch { "real" => "[0-9.]+", "long" => "[0-9]+", _ => m.Groups[5].Value.Length == 0 ? ".*" : ".*?" }})");
        Match match = Regex.Match(message, $"^{pattern}$");
        Assert.True(match.Success, $"{pattern} does not match {message}");
        return match.Groups.Values.Skip(1).ToDictionary(g => g.Name, g => g.Value);
    }
}
