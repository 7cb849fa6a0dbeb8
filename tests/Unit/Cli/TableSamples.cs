using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Runs;
using Rescan.Functions.Schedules;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Cli;

/// <summary>What tables must bear: ordinary names, long ones, wide ones, and hostile ones.</summary>
internal static class TableSamples
{
    /// <summary>Colours the rest red, turns it around, breaks the line, rings, hides a letter, and piles up marks.</summary>
    public const string Hostile = "a\u001b[31mred\u202ednuor\u2066 b\r\nc\td\u0007e\u200bf\u0000g\u009b2Jh";

    public static readonly DateTimeOffset Now = new(2026, 3, 8, 2, 30, 0, TimeSpan.Zero);
    public static readonly string Long = new('L', 200);
    public const string Wide = "備份儲存庫東京リージョン本番環境バックアップ";

    private const string Denied =
        "Access to the bucket was denied: the IAM role lacks s3:ListBucket on acme-backup-eu, or its policy was changed.";

    public static RescanOutcome[] Outcomes =>
    [
        Of("prod-eu-central", "frankfurt", "6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e01", Outcome.Failed, 12, 2.1, Denied),
        Of(Long, "virginia", "0b7d4c1e-93aa-4f6e-8f0e-5a3c1d9e7b02", Outcome.Unreachable, 65, 3600 * 24,
            "No sensible answer until the deadline."),
        Of(Wide, "東京", "c2a9e5f4-1b3d-4e8a-b6c7-d8e9f0a1b203", Outcome.Warning, 700, 161.5, "2 restore points could not be read."),
        Of(Hostile, Hostile, "d4e5f6a7-b8c9-4d0e-a1f2-a3b4c5d6e704", Outcome.Canceled, 3000, 31, Hostile),
        Of("archive", "frankfurt", "e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a05", Outcome.Succeeded, 4000, 4000, null),
    ];

    public static RescanView[] Running =>
    [
        Running1("prod-us-east", "virginia", "6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e06", RescanPhase.Watching, 161, 7, 12,
            "Importing restore points: 42 of 48 (3 new)", null),
        Running1(Long, "frankfurt", "7a2b3c4d-5e6f-4708-9a1b-2c3d4e5f6a07", RescanPhase.SigningIn, 5, 0, null, null, Denied),
        Running1(Wide, "東京", "8b3c4d5e-6f70-4819-ab2c-3d4e5f6a7b08", RescanPhase.Watching, 3700, 21, 65,
            "フォルダーを読み取っています、しばらくお待ちください、まだ終わりません", null),
        Running1(Hostile, "sydney", "9c4d5e6f-7081-492a-bc3d-4e5f6a7b8c09", RescanPhase.Stopping, 61, 3, 1, Hostile, null),
    ];

    public static RunView Run => new(
        "run-1", RunStatus.Running, Now, null, null, null, null, new Dictionary<string, int>(),
        [
            Item("frankfurt", "archive-eu", RunItemState.Ended, Outcome.Succeeded, 4.04,
                "Rescan found 4 backup policies, 48 restore points (3 new)", null),
            Item("frankfurt", Long, RunItemState.Ended, Outcome.Rejected, 0, null,
                "Appliance 'frankfurt': its certificate is not trusted. Its thumbprint is 9F86D0."),
            Item("東京", Wide, RunItemState.Running, null, 0, null, null),
            Item("virginia", Hostile, RunItemState.Waiting, null, 0, null, null),
            Item("virginia", "search-us", RunItemState.Ended, null, 0, null, null),
        ], [], [], []);

    public static PlanView Plan => new(
        "nightly", "UTC", true, Now.AddHours(3), null,
        [new("virginia", new RepositoryRef("id", "prod-us-east")), new("東京", new RepositoryRef("id", Wide))],
        [
            new("virginia", new RepositoryRef("id", "staging"), "its name is like 'stag*', which is excluded"),
            new("frankfurt", new RepositoryRef("id", Long), "its bucket is not told, not 'acme-eu'"),
            new("sydney", new RepositoryRef("id", Hostile), Hostile),
        ], [], [], []);

    public static Repository[] Repositories =>
    [
        new("6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e01", "prod-eu-central") { Bucket = "acme-backup-eu", Folder = "veeam/prod" },
        new("0b7d4c1e-93aa-4f6e-8f0e-5a3c1d9e7b02", Long) { Bucket = "acme-backup-us", Folder = "prod" },
        new("c2a9e5f4-1b3d-4e8a-b6c7-d8e9f0a1b203", Wide) { Bucket = "acme-backup-ap", Folder = "東京" },
        new("d4e5f6a7-b8c9-4d0e-a1f2-a3b4c5d6e704", Hostile) { Bucket = "acme-staging" },
    ];

    /// <summary>Fails unless a terminal of that width shows each line as one, and no program makes something else of the text.</summary>
    public static void AssertHarmless(string text, int? width)
    {
        Assert.All(text.TrimEnd('\n').Split('\n'), line =>
        {
            Assert.DoesNotContain(line, c => c != '\t' && (char.IsControl(c)
                || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format));
            Assert.True(width is null || Words.Width(line) <= width, $"{Words.Width(line)} cells: {line}");
            Assert.True(width is null || (line == line.TrimEnd() && !line.Contains('\t', StringComparison.Ordinal)), line);
        });
    }

    private static RescanOutcome Of(string name, string appliance, string id, Outcome outcome, int minutesAgo, double seconds,
        string? reason) => new()
        {
            Id = $"rescan-{appliance}-{id}", Appliance = appliance, Repository = new RepositoryRef(id, name), Outcome = outcome,
            Reason = reason,
            StartedAt = Now.AddMinutes(-minutesAgo).AddSeconds(-seconds), FinishedAt = Now.AddMinutes(-minutesAgo),
            DurationSeconds = seconds,
            Polls = 1 + (int)(seconds / 10),
            StartedBy = WhoFor(name),
        };

    private static RescanView Running1(string name, string appliance, string id, RescanPhase phase, int age, int polls, int? next,
        string? message, string? trouble) => new(
        $"rescan-{appliance}-{id}", "request", "Running", phase, appliance, new RepositoryRef(id, name), null, Now.AddSeconds(-age),
        message, polls,
        next is { } seconds ? Now.AddSeconds(seconds) : null, trouble, null, null, null, null)
        {
            StartedBy = WhoFor(name),
        };

    private static Initiator? WhoFor(string name) => name switch
    {
        Wide => new Initiator(InitiatorKind.Command, "東京 運用"),
        Hostile => new Initiator(InitiatorKind.Api, Hostile),
        "prod-eu-central" or "prod-us-east" => new Initiator(InitiatorKind.Run, "run-scheduled-nightly-20260308T013000Z"),
        "archive" => null,
        _ => new Initiator(InitiatorKind.Api, "night-shift"),
    };

    private static RunItemView Item(string appliance, string name, RunItemState state, Outcome? outcome, double seconds, string? found,
        string? reason) =>
        new(appliance, new RepositoryRef(name, name), state, "id-" + name, "request", false, outcome, seconds, found, reason);
}
