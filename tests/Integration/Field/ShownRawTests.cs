using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rescan.Functions.Api;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Errors;
using Rescan.Local.Cli.Reports;
using Rescan.Local.Cli.Terminal;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>
/// Outside text shown raw: hostile text goes through every way out, and a way out that passes the sanitizer by fails the first test.
/// </summary>
public sealed partial class ShownRawTests
{
    /// <summary>
    /// Terminal controls of both kinds, a title, a bell, line breaks, an override, an isolate, tags and a mark, as a log of the field had
    /// some of them.
    /// </summary>
    private const string Hostile =
        "=a\u001b[2J\u001b]0;title\u0007b\r\nOK forged line\tz\u202egnp\u2066\u009b31m\u200f\U000E0041\u0085end\u2028x";

    private static readonly DateTimeOffset Now = new(2026, 3, 8, 12, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Where the commands write by themselves; each of these files passes what it writes through the sanitizer, or writes nothing from
    /// outside.
    /// </summary>
    private static readonly string[] Writers =
    [
        "Completion/CompleteCommand.cs", "Completion/CompletionCommand.cs", "Help/HelpScreen.cs", "History/StatusReport.cs",
        "History/StatusWatch.cs", "Init/Questions.cs",
        "LiveProgress.cs", "Output.cs", "Reports/ReportCommand.cs", "Terminal/Screen.cs", "Terminal/Table.cs",
    ];

    [Fact]
    public void Nothing_writes_to_the_terminal_but_what_is_known_to_make_text_harmless()
    {
        string root = Path.Combine(
            typeof(ShownRawTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "RepositoryRoot").Value!,
            "local");
        string[] found =
        [
            .. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                    && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Where(f => Writes().IsMatch(File.ReadAllText(f)))
                .Select(f => Path.GetRelativePath(Path.Combine(root, "Cli"), f).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(Writers.Order(StringComparer.Ordinal), found);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories), f => File.ReadAllText(f).Contains(
                "AddSimpleConsole", StringComparison.Ordinal));
    }

    [Fact]
    public void The_sanitizer_leaves_one_line_that_acts_on_nothing_and_the_letters_as_they_are()
    {
        AssertHarmless(SafeText.Line(Hostile));
        Assert.Equal("=a [2J ]0;title b OK forged line zgnp 31m end x", SafeText.Line(Hostile));
        Assert.Equal("Ünïcode 日本 \U0001F468\u200D\U0001F469", SafeText.Line("Ünïcode 日本 \U0001F468\u200D\U0001F469"));
        Assert.Equal("ab\uFFFD", SafeText.Line("ab\ud800"));
        Assert.Equal("abcd…", SafeText.Line("abcdefgh", 5));
    }

    [Fact]
    public void Json_of_a_command_and_of_the_api_says_the_same_and_acts_on_no_terminal()
    {
        foreach (JsonSerializerOptions options in new[] { Output.Json, ApiJson.Options })
        {
            string json = JsonSerializer.Serialize(new { name = Hostile }, options);

            AssertHarmless(json);
            Assert.Equal(Hostile, JsonSerializer.Deserialize<JsonElement>(json).GetProperty("name").GetString());
            Assert.Equal("\"Ünïcode 日本's <a\u200Cb>\"", JsonSerializer.Serialize("Ünïcode 日本's <a\u200Cb>", options));
            Assert.Equal("\"a\\uFFFD\"", JsonSerializer.Serialize("a\ud800", options));
        }
    }

    [Theory]
    [InlineData("md")]
    [InlineData("html")]
    [InlineData("csv")]
    [InlineData("text")]
    [InlineData("json")]
    public void A_report_holds_no_control_and_no_formula(string format)
    {
        RescanReport report = RescanReport.Of(Now.AddDays(-7), Now, [new RecordedOutcome("r1", Failure())]);
        string text = format switch
        {
            "md" => MarkdownReport.Write(report),
            "html" => HtmlReport.Write(report),
            "csv" => CsvReport.Write(report),
            "text" => TextReport.Write(report),
            _ => Output.ToJson(report),
        };

        AssertHarmless(format == "csv" ? text.Replace("\r\n", "\n", StringComparison.Ordinal) : text);
        Assert.DoesNotContain(format == "csv" ? text.Split([',', '\n']) : [], f => f.StartsWith('=') || f.StartsWith('\uFF1D'));
    }

    [Fact]
    public void A_notification_holds_none_in_any_of_its_texts()
    {
        Notification rescan = new("r1") { Rescan = Failure() };
        Notification run = new("r2")
        {
            Run = RunSummary.Of(
                new RunRecord
                {
                    Id = "run-1", Status = RunStatus.Completed, StartedAt = Now, FinishedAt = Now, Errors = ["one: " + Hostile],
                },
                [new RunItem { Appliance = "one", Repository = new RepositoryRef("x", Hostile), Turn = 1, RequestId = "q",
                    State = RunItemState.Ended, Outcome = Outcome.Failed, Reason = Hostile }]),
        };
        foreach (Notification notification in new[] { rescan, run })
        {
            NotificationText text = NotificationText.Of(notification, null);
            foreach (string shown in Strings(SlackMessage.Write(text)).Concat(Strings(TeamsCard.Write(text)))
                .Concat(Strings(WebhookEvent.Write(notification, text), "name", "reason")))
            {
                AssertHarmless(shown);
            }
        }
    }

    [Fact]
    public void A_line_of_the_log_stays_one_line()
    {
        using StringWriter written = new(CultureInfo.InvariantCulture);
        LogEntry<string> entry = new(
            LogLevel.Warning, "Rescan", new EventId(3), Hostile, new InvalidOperationException(Hostile), (state, _) => state);

        new SafeConsoleFormatter(TimeProvider.System).Write(entry, null, written);

        Assert.Single(written.ToString().TrimEnd('\n', '\r').Split('\n'));
        AssertHarmless(written.ToString().ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(null)]
    public void A_table_and_an_error_keep_their_lines(int? width)
    {
        using StringWriter written = new(CultureInfo.InvariantCulture);
        Screen screen = Screen.Plain(written, width);

        new Table(Column.NameOf("repository"), Column.Text("reason")).Add(Hostile, Hostile).Print(screen);
        new ErrorMessage(1, "appliance: " + SafeText.Line(Hostile)).Print(screen);

        AssertHarmless(written.ToString().ReplaceLineEndings("\n").Replace('\t', ' '));
    }

    /// <summary>The real command against an appliance that sends it in every field.</summary>
    [Fact]
    public async Task A_rescan_of_the_command_prints_none()
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        string hostile = JsonSerializer.Serialize(Hostile);
        server.Json("GET /api/v1/repositories",
            $$"""{"totalCount":1,"results":[{"id":"r1","name":{{hostile}},"amazonStorageFolder":{{hostile}},"_embedded":{"bucket":{{hostile}}} }]}""");
        server.Json("POST /api/v1/repositories/r1/rescan", """{"sessionId":"s1"}""", 202);
        server.Json("GET /api/v1/sessions/s1",
            $$"""{"id":"s1","type":{{hostile}},"status":"Failed","result":{{hostile}},"reason":{{hostile}}}""");
        server.Json("GET /api/v1/sessions/s1/log",
            $$"""{"sessionId":"s1","log":[null,{"logTime":"2026-03-01T02:00:01","status":{{hostile}},"message":{{hostile}}},{"logTime":"2026-03-01T02:00:02","status":"Error","message":{{hostile}}}]}""");
        string folder = Directory.CreateTempSubdirectory("rescan-hostile-").FullName;
        string[] appliance = ["--base-url", server.Url.AbsoluteUri, "--username", "u", "--thumbprint", server.Thumbprint];
        (string, string?) password = ("RESCAN_PASSWORD", "p");

        List<Ended> ended =
        [
            await RescanProcess.RunAsync(["run", .. appliance, "--repository", "r1", "--state", folder], null, password),
            await RescanProcess.RunAsync(["repositories", .. appliance], null, password),
            await RescanProcess.RunAsync(["run", .. appliance, "--repository", "none", "--state", folder], null, password),
            await RescanProcess.RunAsync(["history", "--state", folder]),
            await RescanProcess.RunAsync(["log", "r1", "--state", folder]),
        ];

        Assert.Equal(3, ended[0].Exit);
        Assert.All(ended, e => AssertHarmless((e.Out + e.Error).ReplaceLineEndings("\n").Replace('\t', ' ')));
        Assert.DoesNotContain("log: :", ended[0].Error, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static RescanOutcome Failure() => new()
    {
        Id = "rescan-one-x", Appliance = "one", Repository = new RepositoryRef("x", Hostile), Outcome = Outcome.Failed, Reason = Hostile,
        SessionId = Hostile,
        StartedAt = Now, FinishedAt = Now.AddMinutes(1), DurationSeconds = 60, Log = [new SessionLogItem(Now, Hostile, Hostile)],
    };

    /// <summary>The strings of a message for people; names and reasons in the data for programs stay as they are.</summary>
    private static IEnumerable<string> Strings(byte[] json, params string[] except) =>
        Strings(JsonSerializer.Deserialize<JsonElement>(json), except);

    private static IEnumerable<string> Strings(JsonElement element, string[] except) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(e => Strings(e, except)),
        JsonValueKind.Object => element.EnumerateObject().Where(p => !except.Contains(p.Name) && p.Name != "sessionId").SelectMany(
            p => Strings(p.Value, except)),
        _ => [],
    };

    private static void AssertHarmless(string text)
    {
        foreach (Rune rune in text.EnumerateRunes().Where(r => r.Value is not '\n'))
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            Assert.False(
                category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                    || (category == UnicodeCategory.Format && rune.Value is not (0x200C or 0x200D)),
                $"U+{rune.Value:X4} in {SafeText.Line(text, 500)}");
        }

        Assert.DoesNotContain(text.Split('\n'), l => l.StartsWith("OK forged line", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\bConsole\.(Out|Error|OpenStandard(Output|Error))\b|\bConsole\.Write|\bAnsiConsole\.(Write|Markup)|\bMarkup(Line|Interpolated)\(|\bOut\.Writer\b")]
    private static partial Regex Writes();
}
