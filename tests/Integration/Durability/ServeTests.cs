using System.Diagnostics;
using System.Text.Json;
using Rescan.Crash;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Durability;

/// <summary><c>rescan serve</c> as a process: who owns the state, and what happens when the state is in trouble.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ServeTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-serve-").FullName;
    private SimulatedAppliance appliance = null!;
    private bool mounted;

    private string State => Path.Combine(folder, "state");

    public async Task InitializeAsync() =>
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromMinutes(30) }, default);

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        if (mounted)
        {
            await RunAsync("umount", State);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_second_on_a_state_stands_by_and_takes_over_when_the_first_ends(bool killed)
    {
        await using ServedApp first = Serve();
        Assert.NotNull(await first.ReadyAsync());
        string id = await StartRescanAsync(first);
        await using ServedApp second = Serve();
        await second.StandingBy.WaitAsync(TimeSpan.FromSeconds(60));

        if (killed)
        {
            await first.KillAsync();
        }
        else
        {
            Assert.Equal(0, await first.StopAsync());
        }

        Assert.NotNull(await second.ReadyAsync());
        Assert.Equal("Running", (await second.GetAsync("/api/rescans/" + id)).GetProperty("status").GetString());
        Assert.Equal(0, await second.StopAsync());
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task An_owner_that_hangs_is_followed_and_writes_nothing_when_it_wakes()
    {
        await using ServedApp first = Serve();
        Assert.NotNull(await first.ReadyAsync());
        string id = await StartRescanAsync(first);
        await using ServedApp second = Serve();
        await second.StandingBy.WaitAsync(TimeSpan.FromSeconds(60));

        await first.SignalAsync("STOP");
        Assert.NotNull(await second.ReadyAsync());
        Assert.Equal("Running", (await second.GetAsync("/api/rescans/" + id)).GetProperty("status").GetString());
        await first.SignalAsync("CONT");

        Assert.Equal(74, await first.ExitAsync());
        Assert.Contains("was taken over by", first.Said, StringComparison.Ordinal);
        await CancelAsync(second, id);
        Assert.Equal(0, await second.StopAsync());
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task Two_on_one_hub_in_a_storage_account_share_the_work_and_one_that_is_killed_loses_none()
    {
        string[] where = ["--storage", await AzureTestHub.StorageAsync(), "--hub", new AzureTestHub().Name];
        await using ServedApp first = Serve(where);
        Assert.NotNull(await first.ReadyAsync());
        await using ServedApp second = Serve(where);
        Assert.NotNull(await second.ReadyAsync());
        string id = await StartRescanAsync(first);
        Assert.Equal("Running", (await second.GetAsync("/api/rescans/" + id)).GetProperty("status").GetString());

        await first.KillAsync();

        await CancelAsync(second, id);
        Assert.Equal(0, await second.StopAsync());
        Assert.Equal((1, 1), (appliance.Ledger.Count(e => e.Kind == "rescan"), appliance.Ledger.Count(e => e.Kind == "stop")));
    }

    [Fact]
    public async Task A_state_file_deleted_while_serving_ends_it_with_a_clear_error_and_is_not_begun_anew()
    {
        await using ServedApp app = Serve();
        Assert.NotNull(await app.ReadyAsync());
        File.Delete(Path.Combine(State, "state.db"));
        await AskAsync(app);

        Assert.Equal(74, await app.ExitAsync());
        Assert.Contains("was deleted or moved while in use", app.Said, StringComparison.Ordinal);
        await using ServedApp again = Serve();
        Assert.Equal(78, await again.ExitAsync());
        Assert.Contains("is missing, but was in use before", again.Said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(State, "state.db")));
    }

    /// <summary>Without a request: what is idle notices too.</summary>
    [Theory]
    [InlineData("state.db")]
    [InlineData("state.db-wal")]
    [InlineData("state.db.lock")]
    [InlineData("")]
    public async Task Whatever_is_deleted_of_the_state_of_an_idle_serve_ends_it_with_a_clear_error(string what)
    {
        await using ServedApp app = Serve();
        Assert.NotNull(await app.ReadyAsync());
        if (what.Length > 0)
        {
            File.Delete(Path.Combine(State, what));
        }
        else
        {
            Directory.Delete(State, recursive: true);
        }

        Assert.Equal(74, await app.ExitAsync());
        Assert.Contains("was deleted or moved while in use", app.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_is_this_users_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using ServedApp app = Serve();
        Assert.NotNull(await app.ReadyAsync());
        await StartRescanAsync(app);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(State));
        foreach (string file in Directory.GetFiles(State))
        {
            Assert.Equal((file, UnixFileMode.UserRead | UnixFileMode.UserWrite), (file, File.GetUnixFileMode(file)));
        }
    }

    [Theory]
    [InlineData("state.db")]
    public async Task A_damaged_or_lost_file_is_refused_at_the_start(string file)
    {
        await using (ServedApp app = Serve())
        {
            Assert.NotNull(await app.ReadyAsync());
            await app.StopAsync();
        }

        await File.WriteAllTextAsync(Path.Combine(State, file), new string('x', 8192));
        await using ServedApp damaged = Serve();
        Assert.Equal(78, await damaged.ExitAsync());
        Assert.Contains("damaged", damaged.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", damaged.Said, StringComparison.Ordinal);

        foreach (string part in Directory.GetFiles(State, file + "*")
            .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal) && !f.EndsWith(".used", StringComparison.Ordinal)))
        {
            File.Delete(part);
        }

        await using ServedApp lost = Serve();
        Assert.Equal(78, await lost.ExitAsync());
        Assert.Contains("is missing, but was in use before", lost.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_ends_it_with_a_clear_error_and_what_was_accepted_goes_on_when_there_is_room()
    {
        Directory.CreateDirectory(State);
        if (!await MountAsync("tmpfs", "-t", "tmpfs", "-o", "size=1m"))
        {
            // Not allowed to mount here; the store's own test fills a file that may not grow.
            return;
        }

        string id;
        await using (ServedApp app = Serve())
        {
            Assert.NotNull(await app.ReadyAsync());
            id = await StartRescanAsync(app);
            await FillAsync(Path.Combine(State, "ballast"));
            for (int i = 1; !app.HasExited && i < 60; i++)
            {
                await AskAsync(app, SimulatedRepository.Defaults[i % 4].Id);
            }

            Assert.Equal(74, await app.ExitAsync());
            Assert.Contains("is full", app.Said, StringComparison.Ordinal);
        }

        await using (ServedApp full = Serve())
        {
            Assert.Equal(78, await full.ExitAsync());
            Assert.Contains("full", full.Said, StringComparison.Ordinal);
        }

        File.Delete(Path.Combine(State, "ballast"));
        await using ServedApp roomy = Serve();
        Assert.NotNull(await roomy.ReadyAsync());
        Assert.Equal("Running", (await roomy.GetAsync("/api/rescans/" + id)).GetProperty("status").GetString());
        Assert.Equal(0, await roomy.StopAsync());
    }

    [Fact]
    public async Task A_read_only_state_folder_is_refused_with_a_clear_error()
    {
        await using (ServedApp app = Serve())
        {
            Assert.NotNull(await app.ReadyAsync());
            await app.StopAsync();
        }

        if (!await MountAsync(State, "--bind") || await RunAsync("mount", "-o", "remount,ro,bind", State) != 0)
        {
            // Not allowed to mount here; the store's own test opens a folder that cannot be written.
            return;
        }

        await using ServedApp refused = Serve();

        Assert.Equal(78, await refused.ExitAsync());
        Assert.Contains("cannot be used", refused.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_in_the_settings_show_at_once_though_another_owns_the_state()
    {
        await using ServedApp first = Serve();
        Assert.NotNull(await first.ReadyAsync());

        await using ServedApp second = ServedApp.Start(
            new Dictionary<string, string> { ["Rescan__Deadline"] = "00:00:01" }, "--state", State);

        Assert.Equal(78, await second.ExitAsync());
        Assert.Contains("the settings have faults", second.Said, StringComparison.Ordinal);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static async Task FillAsync(string file)
    {
        byte[] block = new byte[4096];
        try
        {
            await using FileStream stream = new(file, FileMode.Create, FileAccess.Write, FileShare.None, 0);
            while (true)
            {
                await stream.WriteAsync(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task AskAsync(ServedApp app, string? repository = null)
    {
        try
        {
            HttpClient http = (await app.ReadyAsync())!;
            using StringContent body = new(
                JsonSerializer.Serialize(new { appliance = "a1", repository = repository ?? SimulatedRepository.Defaults[0].Id }),
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
            using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/rescans", UriKind.Relative), body);
        }
        catch (HttpRequestException)
        {
            // It is on its way out.
        }
    }

    private async Task<bool> MountAsync(string what, params string[] how)
    {
        try
        {
            return mounted = await RunAsync("mount", [.. how, what, State]) == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task CancelAsync(ServedApp app, string id)
    {
        using HttpResponseMessage canceled = await (await app.ReadyAsync())!.DeleteAsync(new Uri("/api/rescans/" + id, UriKind.Relative));
        canceled.EnsureSuccessStatusCode();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(150));
        while ((await app.GetAsync("/api/rescans/" + id)).GetProperty("outcome").ValueKind != JsonValueKind.Object)
        {
            await Task.Delay(100, patience.Token);
        }
    }

    private async Task<string> StartRescanAsync(ServedApp app)
    {
        await AskAsync(app);
        string id = "rescan-a1-" + SimulatedRepository.Defaults[0].Id;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while ((await app.GetAsync("/api/rescans/" + id)).GetProperty("sessionId").ValueKind != JsonValueKind.String)
        {
            await Task.Delay(50, patience.Token);
        }

        return id;
    }

    private ServedApp Serve(params string[] where) => ServedApp.Start(
        new Dictionary<string, string>
        {
            ["Rescan__Appliances__0__Name"] = "a1",
            ["Rescan__Appliances__0__BaseUrl"] = appliance.BaseAddress.AbsoluteUri,
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__Password"] = "demo-password",
            ["Rescan__Appliances__0__Thumbprints__0"] = appliance.Thumbprint,
        },
        ["--state", State, .. where]);
}
