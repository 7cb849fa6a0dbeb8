using System.Diagnostics;
using System.Text;
using DurableTask.Core;
using DurableTask.Sqlite;
using Rescan.Tests.Integration.Rescans;

namespace Rescan.Tests.Integration.DurableTaskSqlite;

/// <summary>Files that are not as they should be, each with the error that says so.</summary>
public sealed class StorageFaultTests : InAFolder
{
    [Fact]
    public async Task Files_are_for_this_user_only()
    {
        string file = Path.Combine(Folder, "new", "deep", "hub.db");
        await using Hub hub = new(file);
        await hub.StartAsync();
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string folder = Path.GetDirectoryName(file)!;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(folder));
        string[] files = Directory.GetFiles(folder);
        Assert.Equal(4, files.Length);
        foreach (string each in files)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(each));
        }
    }

    [Fact]
    public async Task A_damaged_file_is_an_error()
    {
        await UseOnceAsync();
        using (FileStream file = new(File, FileMode.Open))
        {
            file.Write(Encoding.UTF8.GetBytes(new string('x', 5000)));
        }

        await RequireAsync(SqliteStorageErrorKind.Damaged);
    }

    [Fact]
    public async Task A_file_cut_short_is_an_error()
    {
        await UseOnceAsync();
        using (FileStream file = new(File, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        await RequireAsync(SqliteStorageErrorKind.Damaged);
    }

    [Fact]
    public async Task A_database_of_another_program_is_an_error_and_stays_as_it_is()
    {
        using (SqliteSession db = SqliteSession.Open(File))
        {
            db.Execute("CREATE TABLE other (x)");
        }

        await RequireAsync(SqliteStorageErrorKind.Damaged);
        using SqliteSession after = SqliteSession.Open(File);
        Assert.Equal(1L, after.QueryInt64("SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public async Task A_newer_format_is_an_error()
    {
        await UseOnceAsync();
        using (SqliteSession db = SqliteSession.Open(File))
        {
            db.Execute("PRAGMA user_version = 99");
        }

        await RequireAsync(SqliteStorageErrorKind.NewerFormat);
    }

    [Fact]
    public async Task A_file_that_was_in_use_and_is_gone_is_an_error_and_is_not_begun_anew()
    {
        await UseOnceAsync();
        System.IO.File.Delete(File);
        await RequireAsync(SqliteStorageErrorKind.Missing);
        Assert.False(System.IO.File.Exists(File));
        System.IO.File.Delete(File + ".lock");
        await UseOnceAsync();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_an_error()
    {
        System.IO.File.WriteAllText(Path.Combine(Folder, "file"), "");
        SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(Path.Combine(Folder, "file", "hub.db")));
        Assert.Equal(SqliteStorageErrorKind.Unusable,
            (await Assert.ThrowsAsync<SqliteStorageException>(service.CreateIfNotExistsAsync)).Kind);
        Assert.Equal(SqliteStorageErrorKind.Unusable, (await Assert.ThrowsAsync<SqliteStorageException>(service.StartAsync)).Kind);
    }

    [Fact]
    public async Task A_hub_in_use_is_not_deleted()
    {
        await using Hub hub = await new Hub(File).StartAsync();
        await using Hub other = new(File);
        Assert.Equal(SqliteStorageErrorKind.Locked,
            (await Assert.ThrowsAsync<SqliteStorageException>(() => other.Service.CreateAsync(true))).Kind);
        await hub.StopAsync();
        await other.Service.CreateAsync(true);
        Assert.Empty(await other.QueryAsync(new()));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("-wal", false)]
    [InlineData("-shm", false)]
    [InlineData(".lock", false)]
    [InlineData("", true)]
    [InlineData("-wal", true)]
    [InlineData(".lock", true)]
    public async Task A_file_deleted_or_replaced_under_a_running_hub_ends_it_before_anything_more_is_acknowledged(
        string suffix, bool replaced)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using Hub hub = await Counting(new Hub(File)).StartAsync();
        await hub.RunAsync("Count", 1);
        System.IO.File.Move(File + suffix, File + ".moved");
        if (replaced)
        {
            // The lock cannot be read while it is held; what is in the file does not matter.
            System.IO.File.WriteAllBytes(File + suffix, suffix == ".lock" ? [1] : System.IO.File.ReadAllBytes(File + ".moved"));
        }

        SqliteStorageException e = await Assert.ThrowsAsync<SqliteStorageException>(() => hub.BeginAsync("Count", 2));
        Assert.Equal(replaced ? SqliteStorageErrorKind.Lost : SqliteStorageErrorKind.Missing, e.Kind);
        Assert.Contains(File + suffix, e.Message, StringComparison.Ordinal);
        Assert.Same(e, await hub.Service.Lost);
        await Assert.ThrowsAsync<SqliteStorageException>(() => hub.Service.Database.WriteAsync(db => db.Execute("CREATE TABLE later (x)")));
    }

    [Fact]
    public async Task A_hub_that_does_nothing_notices_a_deleted_file_too()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using Hub hub = new(File, with: s => new(s.FilePath) { TakeoverDelay = TimeSpan.FromSeconds(1) });
        await hub.StartAsync();
        System.IO.File.Delete(File);
        Assert.Equal(SqliteStorageErrorKind.Missing, (await hub.Service.Lost.WaitAsync(TimeSpan.FromSeconds(60))).Kind);
    }

    [Fact]
    public async Task A_full_file_stops_the_hub_and_nothing_acknowledged_is_lost()
    {
        List<string> acked = [];
        await using (Hub hub = await Counting(new Hub(File)).StartAsync())
        {
            await hub.RunAsync("Count", 1);
            await hub.Service.Database.WriteAsync(db => db.QueryInt64("PRAGMA max_page_count = 60"));
            acked = await FillAsync(hub);
        }

        await RequireAllAsync(acked);
    }

    [Fact]
    public async Task A_full_disk_stops_the_hub_and_nothing_acknowledged_is_lost()
    {
        string disk = Path.Combine(Folder, "disk");
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk) != 0)
        {
            // Only root mounts; the test above fills a file instead.
            return;
        }

        try
        {
            string file = Path.Combine(disk, "hub.db");
            List<string> acked;
            await using (Hub hub = await Counting(new Hub(file)).StartAsync())
            {
                acked = await FillAsync(hub);
            }

            Assert.Equal(0, Run("mount", "-o", "remount,size=64m", disk));
            await using Hub again = await Counting(new Hub(file)).StartAsync();
            foreach (string id in acked)
            {
                Assert.Equal(OrchestrationStatus.Completed, (await again.EndAsync(id)).OrchestrationStatus);
            }
        }
        finally
        {
            Assert.Equal(0, Run("umount", disk));
        }
    }

    private static Hub Counting(Hub hub) => hub
        .Activity<string, int>("Length", input => Task.FromResult(input!.Length))
        .Orchestrator<int, int>("Count", (context, count) => context.CallActivityAsync<int>("Length", new string('x', count)));

    private static async Task<List<string>> FillAsync(Hub hub)
    {
        List<string> acked = [];
        SqliteStorageException e = await Assert.ThrowsAsync<SqliteStorageException>(async () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                acked.Add(await hub.BeginAsync("Count", 20_000, $"full-{i}"));
            }
        });
        Assert.Equal(SqliteStorageErrorKind.Full, e.Kind);
        Assert.Equal(SqliteStorageErrorKind.Full, (await hub.Service.Lost).Kind);
        Assert.NotEmpty(acked);
        return acked;
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private async Task RequireAllAsync(List<string> acked)
    {
        await using Hub again = await Counting(new Hub(File)).StartAsync();
        foreach (string id in acked)
        {
            Assert.Equal(OrchestrationStatus.Completed, (await again.EndAsync(id)).OrchestrationStatus);
        }
    }

    private async Task UseOnceAsync()
    {
        await using Hub hub = await Counting(new Hub(File)).StartAsync();
        await hub.RunAsync("Count", 5000);
        await hub.StopAsync();
        Assert.Equal(["hub.db", "hub.db.lock"],
            Directory.GetFiles(Folder, "hub.db*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private async Task RequireAsync(SqliteStorageErrorKind kind)
    {
        SqliteOrchestrationService service = new(new SqliteOrchestrationServiceSettings(File));
        await using (service)
        {
            SqliteStorageException e = await Assert.ThrowsAsync<SqliteStorageException>(service.StartAsync);
            Assert.Equal(kind, e.Kind);
            Assert.Contains(File, e.Message, StringComparison.Ordinal);
        }
    }
}
