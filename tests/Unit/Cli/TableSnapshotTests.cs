using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Local.Cli.History;
using Rescan.Local.Cli.Reports;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Terminal;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Unit.Cli;

/// <summary>Every table as terminals of 60, 80 and 120 columns show it, and as a pipe gets it.</summary>
public sealed class TableSnapshotTests
{
    private static readonly Dictionary<string, string> Messages =
        new() { ["id-" + TableSamples.Wide] = "Importing restore points: 42 of 48 (3 new)" };

    private static RescanReport Report => RescanReport.Of(
        TableSamples.Now.AddDays(-7), TableSamples.Now, [.. TableSamples.Outcomes.Select(o => new RecordedOutcome("request", o))]);

    private static Table Channels =>
        NotifyCommand.Of(
            [new("slack", true, "200 OK"), new(TableSamples.Hostile, false, TableSamples.Hostile),
                new(TableSamples.Long, false, TableSamples.Long)]);

    [Fact]
    public void What_runs() => AssertShown(
        StatusTables.Running(TableSamples.Running, TableSamples.Now),
        """
        REPOSITORY                PHASE      LAST MESSAGE
        prod-us-east              Watching   Importing restore poin…
        LLLLLLLLLLLLLLLLLLLLLLL…  SigningIn  Access to the bucket w…
        備份儲存庫東京リージョ…   Watching   フォルダーを読み取って…
        a [31mreddnuor b c d ef…  Stopping   a [31mreddnuor b c d e…
        """,
        """
        REPOSITORY                APPLIANCE  PHASE      SINCE       LAST MESSAGE
        prod-us-east              virginia   Watching   2 min 41 s  Importing restore p…
        LLLLLLLLLLLLLLLLLLLLLLL…  frankfurt  SigningIn  5 s         Access to the bucke…
        備份儲存庫東京リージョ…   東京       Watching   1 h 1 min   フォルダーを読み取…
        a [31mreddnuor b c d ef…  sydney     Stopping   1 min 1 s   a [31mreddnuor b c …
        """,
        """
        REPOSITORY                APPLIANCE  PHASE      SINCE       POLLS  NEXT POLL     ID        LAST MESSAGE
        prod-us-east              virginia   Watching   2 min 41 s      7  in 12 s       6f1c1f0a  Importing restore points: 42…
        LLLLLLLLLLLLLLLLLLLLLLL…  frankfurt  SigningIn  5 s             0  now           7a2b3c4d  Access to the bucket was den…
        備份儲存庫東京リージョ…   東京       Watching   1 h 1 min      21  in 1 min 5 s  8b3c4d5e  フォルダーを読み取っています…
        a [31mreddnuor b c d ef…  sydney     Stopping   1 min 1 s       3  in 1 s        9c4d5e6f  a [31mreddnuor b c d ef g 2Jh
        """);

    [Fact]
    public void What_waits() => AssertShown(
        StatusTables.Running(
            [
                TableSamples.Running[0],
                TableSamples.Running[0] with
                {
                    Waits = true, Polls = 0, NextPollAt = null, LastMessage = "Waits for the rescan before it to end.",
                },
            ],
            TableSamples.Now),
        """
        REPOSITORY    PHASE     SINCE       LAST MESSAGE
        prod-us-east  Watching  2 min 41 s  Importing restore point…
        prod-us-east  Waits     2 min 41 s  Waits for the rescan be…
        """,
        """
        REPOSITORY    APPLIANCE  PHASE     SINCE       NEXT POLL  LAST MESSAGE
        prod-us-east  virginia   Watching  2 min 41 s  in 12 s    Importing restore poi…
        prod-us-east  virginia   Waits     2 min 41 s             Waits for the rescan …
        """,
        """
        REPOSITORY    APPLIANCE  PHASE     SINCE       POLLS  STARTED BY       NEXT POLL  ID        LAST MESSAGE
        prod-us-east  virginia   Watching  2 min 41 s      7  a scheduled run  in 12 s    6f1c1f0a  Importing restore points: 4…
        prod-us-east  virginia   Waits     2 min 41 s      0  a scheduled run             6f1c1f0a  Waits for the rescan before…
        """);

    [Fact]
    public void What_is_planned() => AssertShown(
        PlanText.Table(TableSamples.Plan),
        """
        REPOSITORY         APPLIANCE  PLAN      WHY NOT
        prod-us-east       virginia   Rescan
        備份儲存庫東京リ…  東京       Rescan
        staging            virginia   LeaveOut  its name is like 's…
        LLLLLLLLLLLLLLLL…  frankfurt  LeaveOut  its bucket is not t…
        a [31mreddnuor b…  sydney     LeaveOut  a [31mreddnuor b c …
        """,
        """
        REPOSITORY                APPLIANCE  PLAN      WHY NOT
        prod-us-east              virginia   Rescan
        備份儲存庫東京リージョ…   東京       Rescan
        staging                   virginia   LeaveOut  its name is like 'stag*', which …
        LLLLLLLLLLLLLLLLLLLLLLL…  frankfurt  LeaveOut  its bucket is not told, not 'acm…
        a [31mreddnuor b c d ef…  sydney     LeaveOut  a [31mreddnuor b c d ef g 2Jh
        """,
        """
        REPOSITORY                                              APPLIANCE  PLAN      WHY NOT
        prod-us-east                                            virginia   Rescan
        備份儲存庫東京リージョン本番環境バックアップ            東京       Rescan
        staging                                                 virginia   LeaveOut  its name is like 'stag*', which is excluded
        LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…  frankfurt  LeaveOut  its bucket is not told, not 'acme-eu'
        a [31mreddnuor b c d ef g 2Jh                           sydney     LeaveOut  a [31mreddnuor b c d ef g 2Jh
        """);

    [Fact]
    public void How_repositories_stand() => AssertShown(
        StatusTables.Last(TableSamples.Outcomes, TableSamples.Now),
        """
        REPOSITORY                OUTCOME      REASON
        prod-eu-central           Failed       Access to the bucket…
        LLLLLLLLLLLLLLLLLLLLLLL…  Unreachable  No sensible answer u…
        備份儲存庫東京リージョ…   Warning      2 restore points cou…
        a [31mreddnuor b c d ef…  Canceled     a [31mreddnuor b c d…
        archive                   Succeeded
        """,
        """
        REPOSITORY                OUTCOME      ENDED       REASON
        prod-eu-central           Failed       12 min ago  Access to the bucket was den…
        LLLLLLLLLLLLLLLLLLLLLLL…  Unreachable  1 h ago     No sensible answer until the…
        備份儲存庫東京リージョ…   Warning      11 h ago    2 restore points could not b…
        a [31mreddnuor b c d ef…  Canceled     2 d ago     a [31mreddnuor b c d ef g 2Jh
        archive                   Succeeded    2 d ago
        """,
        """
        REPOSITORY           APPLIANCE            OUTCOME      ENDED       TOOK        STARTED BY           REASON
        prod-eu-central      frankfurt            Failed       12 min ago  2.1 s       a scheduled run      Access to the bucke…
        LLLLLLLLLLLLLLLLLL…  virginia             Unreachable  1 h ago     1 d 0 h     night-shift          No sensible answer …
        備份儲存庫東京リー…  東京                 Warning      11 h ago    2 min 41 s  東京 運用 (rescan …  2 restore points co…
        a [31mreddnuor b c…  a [31mreddnuor b c…  Canceled     2 d ago     31 s        a [31mreddnuor b c…  a [31mreddnuor b c …
        archive              frankfurt            Succeeded    2 d ago     1 h 6 min   not known
        """);

    [Fact]
    public void History() => AssertShown(
        HistoryTable.Of(TableSamples.Outcomes),
        """
        ENDED (UTC)       REPOSITORY     OUTCOME      REASON
        2026-03-08 02:18  prod-eu-cent…  Failed       Access to the…
        2026-03-08 01:25  LLLLLLLLLLLL…  Unreachable  No sensible a…
        2026-03-07 14:50  備份儲存庫東…  Warning      2 restore poi…
        2026-03-06 00:30  a [31mreddnu…  Canceled     a [31mreddnuo…
        2026-03-05 07:50  archive        Succeeded
        """,
        """
        ENDED (UTC)       REPOSITORY                OUTCOME      REASON
        2026-03-08 02:18  prod-eu-central           Failed       Access to the bucket w…
        2026-03-08 01:25  LLLLLLLLLLLLLLLLLLLLLLL…  Unreachable  No sensible answer unt…
        2026-03-07 14:50  備份儲存庫東京リージョ…   Warning      2 restore points could…
        2026-03-06 00:30  a [31mreddnuor b c d ef…  Canceled     a [31mreddnuor b c d e…
        2026-03-05 07:50  archive                   Succeeded
        """,
        """
        ENDED (UTC)       REPOSITORY               APPLIANCE                OUTCOME      TOOK        POLLS  REASON
        2026-03-08 02:18  prod-eu-central          frankfurt                Failed       2.1 s           1  Access to the bucke…
        2026-03-08 01:25  LLLLLLLLLLLLLLLLLLLLLL…  virginia                 Unreachable  1 d 0 h      8641  No sensible answer …
        2026-03-07 14:50  備份儲存庫東京リージョ…  東京                     Warning      2 min 41 s     17  2 restore points co…
        2026-03-06 00:30  a [31mreddnuor b c d e…  a [31mreddnuor b c d e…  Canceled     31 s            4  a [31mreddnuor b c …
        2026-03-05 07:50  archive                  frankfurt                Succeeded    1 h 6 min     401
        """);

    [Fact]
    public void A_report() => AssertShown(
        TextReport.Table(Report),
        """
        REPOSITORY           APPLIANCE           OUTCOME      FAILED
        prod-eu-central      frankfurt           Failed            1
        LLLLLLLLLLLLLLLLLL…  virginia            Unreachable       1
        a [31mreddnuor b c…  a [31mreddnuor b …  Canceled          0
        備份儲存庫東京リー…  東京                Warning           0
        archive              frankfurt           Succeeded         0
        """,
        """
        REPOSITORY          APPLIANCE           OUTCOME      RESCANS  FAILED  MEDIAN
        prod-eu-central     frankfurt           Failed             1       1  2.1 s
        LLLLLLLLLLLLLLLLL…  virginia            Unreachable        1       1
        a [31mreddnuor b …  a [31mreddnuor b …  Canceled           1       0
        備份儲存庫東京リ…   東京                Warning            1       0  2 min 41 s
        archive             frankfurt           Succeeded          1       0  1 h 6 min
        """,
        """
        REPOSITORY               APPLIANCE                OUTCOME      ENDED (UTC)       RESCANS  FAILED  MEDIAN      LONGEST
        prod-eu-central          frankfurt                Failed       2026-03-08 02:18        1       1  2.1 s       2.1 s
        LLLLLLLLLLLLLLLLLLLLLL…  virginia                 Unreachable  2026-03-08 01:25        1       1
        a [31mreddnuor b c d e…  a [31mreddnuor b c d e…  Canceled     2026-03-06 00:30        1       0
        備份儲存庫東京リージョ…  東京                     Warning      2026-03-07 14:50        1       0  2 min 41 s  2 min 41 s
        archive                  frankfurt                Succeeded    2026-03-05 07:50        1       0  1 h 6 min   1 h 6 min
        """);

    [Fact]
    public void Repositories() => AssertShown(
        ApplianceTables.Of(TableSamples.Repositories),
        """
        REPOSITORY                ID        BUCKET AND FOLDER
        a [31mreddnuor b c d ef…  d4e5f6a7  acme-staging
        LLLLLLLLLLLLLLLLLLLLLLL…  0b7d4c1e  acme-backup-us/prod
        prod-eu-central           6f1c1f0a  acme-backup-eu/veeam/pr…
        備份儲存庫東京リージョ…   c2a9e5f4  acme-backup-ap/東京
        """,
        """
        REPOSITORY                                   ID        BUCKET AND FOLDER
        a [31mreddnuor b c d ef g 2Jh                d4e5f6a7  acme-staging
        LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…  0b7d4c1e  acme-backup-us/prod
        prod-eu-central                              6f1c1f0a  acme-backup-eu/veeam/prod
        備份儲存庫東京リージョン本番環境バックアッ…  c2a9e5f4  acme-backup-ap/東京
        """,
        """
        REPOSITORY                                               ID                                    BUCKET AND FOLDER
        a [31mreddnuor b c d ef g 2Jh                            d4e5f6a7-b8c9-4d0e-a1f2-a3b4c5d6e704  acme-staging
        LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…  0b7d4c1e-93aa-4f6e-8f0e-5a3c1d9e7b02  acme-backup-us/prod
        prod-eu-central                                          6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e01  acme-backup-eu/veeam/prod
        備份儲存庫東京リージョン本番環境バックアップ             c2a9e5f4-1b3d-4e8a-b6c7-d8e9f0a1b203  acme-backup-ap/東京
        """);

    [Fact]
    public void A_run() => AssertShown(
        RunTable.Of(TableSamples.Run, Messages),
        """
        APPLIANCE  REPOSITORY        STATE      FOUND, OR WHY NOT
        frankfurt  archive-eu        Succeeded  Rescan found 4 back…
        frankfurt  LLLLLLLLLLLLLLL…  Rejected   Appliance 'frankfur…
        東京       備份儲存庫東京…   Running    Importing restore p…
        virginia   a [31mreddnuor …  Waiting
        virginia   search-us         none
        """,
        """
        APPLIANCE  REPOSITORY                STATE      SECONDS  FOUND, OR WHY NOT
        frankfurt  archive-eu                Succeeded      4.0  Rescan found 4 backup …
        frankfurt  LLLLLLLLLLLLLLLLLLLLLLL…  Rejected       0.0  Appliance 'frankfurt':…
        東京       備份儲存庫東京リージョ…   Running             Importing restore poin…
        virginia   a [31mreddnuor b c d ef…  Waiting
        virginia   search-us                 none           0.0
        """,
        """
        APPLIANCE  REPOSITORY                               STATE      SECONDS  FOUND, OR WHY NOT
        frankfurt  archive-eu                               Succeeded      4.0  Rescan found 4 backup policies, 48 restore poin…
        frankfurt  LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…  Rejected       0.0  Appliance 'frankfurt': its certificate is not t…
        東京       備份儲存庫東京リージョン本番環境バック…  Running             Importing restore points: 42 of 48 (3 new)
        virginia   a [31mreddnuor b c d ef g 2Jh            Waiting
        virginia   search-us                                none           0.0
        """);

    [Fact]
    public void Answers_of_channels() => AssertShown(
        Channels,
        """
        RESULT  CHANNEL                   ANSWER
        ok      slack                     200 OK
        failed  a [31mreddnuor b c d ef…  a [31mreddnuor b c d ef g…
        failed  LLLLLLLLLLLLLLLLLLLLLLL…  LLLLLLLLLLLLLLLLLLLLLLLLL…
        """,
        """
        RESULT  CHANNEL                   ANSWER
        ok      slack                     200 OK
        failed  a [31mreddnuor b c d ef…  a [31mreddnuor b c d ef g 2Jh
        failed  LLLLLLLLLLLLLLLLLLLLLLL…  LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…
        """,
        """
        RESULT  CHANNEL                                           ANSWER
        ok      slack                                             200 OK
        failed  a [31mreddnuor b c d ef g 2Jh                     a [31mreddnuor b c d ef g 2Jh
        failed  LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…  LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL…
        """);

    [Fact]
    public void A_pipe_gets_every_column_under_the_same_header_whatever_is_in_it()
    {
        string[] empty = Piped(StatusTables.Last([], TableSamples.Now));
        string[] lines = Piped(StatusTables.Last(TableSamples.Outcomes, TableSamples.Now));

        Assert.Equal(["REPOSITORY\tAPPLIANCE\tOUTCOME\tENDED\tTOOK\tSTARTED BY\tREASON"], empty);
        Assert.Equal(empty[0], lines[0]);
        Assert.Equal(
            [TableSamples.Wide, "東京", "Warning", "2026-03-07T14:50:00Z", "161.5", "東京 運用 (rescan command)",
                "2 restore points could not be read."], lines[3].Split('\t'));
        Assert.Equal(["archive", "frankfurt", "Succeeded", "2026-03-05T07:50:00Z", "4000", "not known", ""], lines[5].Split('\t'));
        Assert.StartsWith(TableSamples.Long + "\tvirginia\t", lines[2], StringComparison.Ordinal);
    }

    /// <summary>Between the widths of the snapshots too, down to what nobody has.</summary>
    [Fact]
    public void No_width_breaks_a_row()
    {
        foreach (Table table in All())
        {
            int rows = Piped(table).Length;
            foreach (int width in Enumerable.Range(20, 181))
            {
                string text = table.ToText(width);
                TableSamples.AssertHarmless(text, width);
                Assert.Equal(rows, text.TrimEnd('\n').Split('\n').Length);
            }
        }
    }

    private static IEnumerable<Table> All() =>
    [
        StatusTables.Running(TableSamples.Running, TableSamples.Now), StatusTables.Last(TableSamples.Outcomes, TableSamples.Now),
        HistoryTable.Of(TableSamples.Outcomes),
        TextReport.Table(Report), ApplianceTables.Of(TableSamples.Repositories), RunTable.Of(TableSamples.Run, Messages), Channels,
        PlanText.Table(TableSamples.Plan),
    ];

    private static void AssertShown(Table table, params string[] expected)
    {
        Assert.Equal(expected, ((int[])[60, 80, 120]).Select(w => table.ToText(w).TrimEnd('\n')));
        string[] piped = Piped(table);
        Assert.Single(piped.Select(l => l.Count(c => c == '\t')).Distinct());
        TableSamples.AssertHarmless(string.Join('\n', piped), null);
    }

    private static string[] Piped(Table table)
    {
        using StringWriter text = new();
        table.Print(Screen.Plain(text, null));
        return text.ToString().TrimEnd('\n').Split('\n');
    }
}
