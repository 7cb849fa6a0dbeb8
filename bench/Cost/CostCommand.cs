using System.Text;
using Rescan.Bench.Reports;
using Rescan.Functions.Configuration;
using Rescan.Functions.Polling;
using Rescan.Local.Runtime.Azurite;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Cost;

/// <summary>Counts what a rescan costs on either store, and prices it.</summary>
internal static class CostCommand
{
    private static readonly TimeSpan[] Counted = [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(25)];
    private static readonly TimeSpan[] Priced = [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(4)];

    /// <summary>Runs it and writes the section "cost".</summary>
    public static async Task RunAsync(string docs)
    {
        string data = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
        AzuriteProcess azurite = await AzuriteProcess.StartAsync(AzuriteProcess.DefaultHome, data, 0, 0, 0, CancellationToken.None);
        await using (azurite)
        {
            Task<IReadOnlyList<CostCount>> tables = CostRun.RunAsync(azurite, Counted);
            IReadOnlyList<CostCount> sqlite = await CostRun.RunAsync(null, Counted);
            Page.Write(Path.Combine(docs, "performance.md"), "cost", Report(sqlite, await tables));
        }

        Directory.Delete(data, recursive: true);
    }

    private static string Report(IReadOnlyList<CostCount> sqlite, IReadOnlyList<CostCount> tables)
    {
        StringBuilder text = new();
        text.Append("Counted: by the appliance's ledger, the engine, SQLite's log, and every HTTP request to the storage, outcomes "
            + "included.\n\n");
        Table(text, ["a rescan on", "polls", "appliance requests", "function executions", "storage transactions", "KiB written"],
        [
            .. sqlite.Select(c => Row("SQLite", c)),
            .. tables.Select(c => Row("Azure Storage (Azurite)", c)),
        ]);
        text.Append(
            "On the line through these, for a repository without a past; euros for 1,000 rescans at list prices of "
            + Format($"{Prices.Date} (bench/Cost/Prices.cs), {Prices.EurosADollar:0.00} € a dollar. "));
        text.Append("Executions are priced as if each were alone on its instance for the shortest time that is billed, which is the most "
            + "that they can come to; what the Functions host itself asks of storage for the task hub is not in here.\n\n");
        Table(text, [
            "session", "polls", "appliance requests", "executions", "transactions, SQLite", "transactions, Azure Storage",
            "€ for 1,000: storage with `rescan serve`", "€ for 1,000: executions on Azure, at most"],
            Priced.Select(session =>
            {
                int polls = Polls(session);
                CostCount own = CostCount.At(polls, sqlite[0], sqlite[^1]);
                CostCount azure = CostCount.At(polls, tables[0], tables[^1]);
                return (string[])
                [
                    session.TotalHours >= 1 ? Format($"{session.TotalHours:0} h") : session.TotalMinutes >= 1
                    ? Format($"{session.TotalMinutes:0} min") : Format($"{session.TotalSeconds:0} s"),
                    Format($"{polls}"), Format($"{azure.ApplianceRequests:0}"), Format($"{azure.Executions:0}"),
                    Format($"{own.StorageTransactions:0}"), Format($"{azure.StorageTransactions:0}"),
                    Format($"{1000 * Prices.Tables(azure.StorageTransactions):0.0000}"),
                    Format($"{1000 * Prices.Executions(azure.Executions):0.00}"),
                ];
            }));
        return text.ToString();
    }

    private static string[] Row(string store, CostCount c) =>
        [store, Format($"{c.Polls:0.0}"), Format($"{c.ApplianceRequests:0.0}"), Format($"{c.Executions:0.0}"),
            Format($"{c.StorageTransactions:0.0}"), c.StoredBytes > 0 ? Format($"{c.StoredBytes / 1024:0}") : ""];

    /// <summary>Polls that a session of this length takes without a past.</summary>
    private static int Polls(TimeSpan session)
    {
        int polls = 0;
        for (TimeSpan age = TimeSpan.Zero; age < session; polls++)
        {
            age += PollSchedule.Next(new PollingOptions(), age, "rescan-a-b", polls);
        }

        return polls;
    }
}
