using System.Text.Json;
using Rescan.Functions.Appliances;
using Rescan.Local.Cli;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Init;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Runtime.Hosting;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Cli;

/// <summary>From an appliance's address to a settings file that serves, over the appliance's real HTTPS.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class InitCommandTests : IAsyncLifetime
{
    private const string Enter = "\r";
    private const string Interrupt = "\u0003";
    private const string Down = "\u001b[B";

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-init-").FullName;
    private SimulatedAppliance appliance = null!;
    private SimulatedAppliance server = null!;

    private string File => Path.Combine(folder, "settings.json");

    public async Task InitializeAsync()
    {
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions(), default);
        server = await SimulatedAppliance.StartAsync(SimulatorOptions.Of(SimulatedKind.VeeamBackupAndReplication), default);
    }

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task With_all_answers_given_nothing_is_asked_and_what_is_written_serves()
    {
        Ended ended = await RescanProcess.RunAsync(
            [.. Unattended(appliance), "--name", "frankfurt", "--schedule", "2:15", "--time-zone", "Europe/Berlin", "--thumbprint",
                appliance.Thumbprint], "demo-password");

        Assert.True(ended.Exit == 0, ended.Error);
        Assert.Equal($"rescan serve --settings {File}\n", ended.Out);
        Assert.Equal([File], Directory.GetFileSystemEntries(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Contains("4 repositories", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-password", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(appliance.Ledger, e => e.Kind == "rescan");
        SettingsFile written = await CheckedAsync();
        Assert.Equal(
            ("15 2 * * *", "Europe/Berlin", "auto"),
            (written.Values["Rescan__Schedules__0__Cron"], written.Values["Rescan__Schedules__0__Zone"],
                written.Values["Rescan__Appliances__0__ApiVersion"]));

        LocalFunctionHost host = await AppHost.StartAsync(
            folder, written.Values, new Uri("http://127.0.0.1:0"), timers: true, null, default);
        await using (host)
        {
            using HttpClient http = new() { BaseAddress = host.BaseAddress };
            Assert.Contains(
                "prod-eu-central", await http.GetStringAsync("/api/repositories?appliance=frankfurt"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_person_is_asked_and_may_mistype_the_password_once()
    {
        using PseudoTerminal terminal = new(["init", "--settings", File]);
        await terminal.AnswerAsync("What is to be rescanned?", Down + Enter);
        await terminal.AnswerAsync("Address", server.BaseAddress.Authority + Enter);
        await terminal.AnswerAsync("Account", @"LAB\svc-rescan" + Enter);
        await terminal.AnswerAsync(server.Thumbprint, "");
        await terminal.AnswerAsync("Then it is pinned.", "y" + Enter);
        await terminal.AnswerAsync("Password of", "mistyped-password" + Enter);
        await terminal.AnswerAsync("refuses the user name or password", "");
        await terminal.AnswerAsync("Password of", "demo-password" + Enter);
        await terminal.AnswerAsync("When are all repositories rescanned", Enter);

        Assert.True(await terminal.EndAsync() == 0, terminal.Seen);
        Assert.DoesNotContain("mistyped", terminal.Seen, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-", terminal.Seen, StringComparison.Ordinal);
        Assert.Contains("Veeam Backup & Replication 13.1.0.411, x-api-version 1.3-rev2", terminal.Seen, StringComparison.Ordinal);
        Assert.Contains("signed in as Backup Administrator", terminal.Seen, StringComparison.Ordinal);
        Assert.Equal([File], Directory.GetFileSystemEntries(folder));
        Assert.Equal(1, server.Ledger.Count(e => e.Kind == "token" && e.Status == 401));
        SettingsFile written = await CheckedAsync();
        Assert.Equal(
            ("VeeamBackupAndReplication", "demo-password", server.Thumbprint, "30 1 * * *", TimeZones.Local),
            (written.Values["Rescan__Appliances__0__Kind"], written.Values["Rescan__Appliances__0__Password"],
                written.Values["Rescan__Appliances__0__Thumbprints__0"],
                written.Values["Rescan__Schedules__0__Cron"], written.Values["Rescan__Schedules__0__Zone"]));
    }

    [Theory]
    [InlineData("What is to be rescanned?")]
    [InlineData("Then it is pinned.")]
    [InlineData("Password of")]
    [InlineData("When are all repositories rescanned")]
    public async Task Interrupted_at_any_question_it_leaves_nothing(string question)
    {
        (string Question, string Typed)[] steps =
        [
            ("What is to be rescanned?", Enter), ("Then it is pinned.", "y" + Enter), ("Password of", "demo-password" + Enter),
            ("When are all repositories rescanned", Enter),
        ];
        using PseudoTerminal terminal = new(["init", "--settings", File, "--base-url", appliance.BaseAddress.AbsoluteUri, "-u", "rescan"]);
        foreach ((string asked, string typed) in steps.TakeWhile(s => s.Question != question))
        {
            await terminal.AnswerAsync(asked, typed);
        }

        await terminal.AnswerAsync(question, Interrupt);

        Assert.True(await terminal.EndAsync() == 130, terminal.Seen);
        Assert.EndsWith("\nrescan: Interrupted. Nothing was written.\r\n", terminal.Seen, StringComparison.Ordinal);
        Assert.True(terminal.Seen.LastIndexOf("\u001b[?25h", StringComparison.Ordinal) >= terminal.Seen.LastIndexOf(
            "\u001b[?25l", StringComparison.Ordinal), "The cursor stays hidden.");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("--yes", "wrong", 6, "refuses the user name or password", 1)]
    [InlineData("--yes --thumbprint 0000000000000000000000000000000000000000000000000000000000000000", "demo-password", 6,
        "not the one that --thumbprint names", 0)]
    [InlineData("", "demo-password", 64, "There is no terminal to ask at", 0)]
    [InlineData("--yes", "", 64, "stdin has no first line", 0)]
    [InlineData("--yes --schedule nightly", "demo-password", 64, "--schedule 'nightly' is neither", 0)]
    [InlineData("--yes --time-zone Mars/Olympus", "demo-password", 64, "--time-zone 'Mars/Olympus' is no time zone", 0)]
    [InlineData("--yes --name a#b", "demo-password", 64, "--name: a name of", 0)]
    public async Task What_cannot_be_done_is_told_and_nothing_is_written(string more, string password, int exit, string said, int signIns)
    {
        string[] typed =
            [.. Unattended(appliance).Where(a => a != "--yes"),
                .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Replace('#', ' '))];

        Ended ended = await RescanProcess.RunAsync(typed, password);

        Assert.True(exit == ended.Exit, $"{ended.Exit}: {ended.Error}");
        Assert.Contains(said, ended.Error, StringComparison.Ordinal);
        Assert.Equal(signIns, appliance.Ledger.Count(e => e is { Kind: "token", Status: 401 }));
        Assert.True(signIns > 0 || appliance.Ledger.Count == 0);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task What_is_missing_is_told_at_once_before_anything_is_looked_at()
    {
        Ended ended = await RescanProcess.RunAsync(["init", "--yes", "--settings", File]);

        Assert.Equal(64, ended.Exit);
        Assert.Contains(
            "it needs --base-url, --username, the password (--password-stdin, or RESCAN_PASSWORD).", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_when_forced()
    {
        await System.IO.File.WriteAllTextAsync(File, "mine");

        Ended refused = await RescanProcess.RunAsync(Unattended(server).Concat(["--kind", "vbr"]), "demo-password");
        string kept = await System.IO.File.ReadAllTextAsync(File);
        Ended forced = await RescanProcess.RunAsync(Unattended(server).Concat(["--kind", "vbr", "--force"]), "demo-password");

        Assert.Equal((64, "mine", 0), (refused.Exit, kept, forced.Exit));
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        await CheckedAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task A_file_is_written_whole_or_not_at_all()
    {
        NewSettings settings = new(File);
        settings.RequireFolder();
        Dictionary<string, string?> values = new() { ["A"] = "1" };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => settings.WriteAsync(values, replace: false, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFileSystemEntries(folder));

        // Somebody else's, which came into being meanwhile.
        await System.IO.File.WriteAllTextAsync(File, "mine");
        await Assert.ThrowsAsync<IOException>(() => settings.WriteAsync(values, replace: false, default));
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal([File], Directory.GetFileSystemEntries(folder));
        Assert.Throws<CommandException>(() => new NewSettings(Path.Combine(folder, "none", "settings.json")).RequireFolder());
        Assert.Throws<CommandException>(() => new NewSettings(folder).RequireFolder());
    }

    [Theory]
    [InlineData("vbaws", "appliance.example", "https://appliance.example:11005/")]
    [InlineData("vbr", "vbr.example", "https://vbr.example:9419/")]
    [InlineData("vbr", "vbr.example:9420", "https://vbr.example:9420/")]
    [InlineData("vbr", "vbr.example:443", "https://vbr.example/")]
    [InlineData("vbr", "https://proxy.example/veeam", "https://proxy.example/veeam")]
    [InlineData("vbr", "[2001:db8::1]", "https://[2001:db8::1]:9419/")]
    [InlineData("vbr", "http://vbr.example", null)]
    [InlineData("vbr", "user:secret@vbr.example", null)]
    [InlineData("vbr", "two words", null)]
    public void An_address_may_be_a_bare_host(string kind, string typed, string? address) =>
        Assert.Equal(address, InitAnswers.AddressOf(typed, ApplianceArguments.ProductOf(kind))?.AbsoluteUri);

    [Fact]
    public async Task Nothing_that_answers_is_told_without_a_certificate()
    {
        ApplianceException e = await Assert.ThrowsAsync<ApplianceException>(
            () => ApplianceCertificate.LookAsync(new Uri("https://127.0.0.1:1"), default));

        Assert.True(e.IsTransient);
        Assert.Contains("127.0.0.1:1", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The file, which has no faults.</summary>
    private async Task<SettingsFile> CheckedAsync()
    {
        SettingsFile written = SettingsFile.Load(File, isNamed: true);
        Assert.Empty(await SettingsCheck.FaultsOfAsync(written, AppHost.Configure(written.Values), default));
        return written;
    }

    private string[] Unattended(SimulatedAppliance of) =>
        ["init", "--yes", "--settings", File, "--base-url", of.BaseAddress.AbsoluteUri, "-u", of == server ? @"LAB\svc-rescan" : "rescan",
            "--password-stdin"];
}
