using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Cli;

/// <summary>What people get wrong, each as they would type it: its own message and exit code, and nothing started.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Id = "6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e03";

    private readonly string folder = Directory.CreateTempSubdirectory("rescan-bad-").FullName;
    private SimulatedAppliance appliance = null!;

    public async Task InitializeAsync() => appliance = await SimulatedAppliance.StartAsync(
        new SimulatorOptions { Repositories = SimulatedRepository.WithTwin(SimulatedRepository.Defaults, "staging") }, default);

    public async Task DisposeAsync()
    {
        await appliance.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public static TheoryData<string, int, string> Cases => new()
    {
        { "--repository archve", 64, "Nearest names: 'archive'" },
        { "--repository staging", 64, "Name one by its id: 6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1e04, " },
        { "--repository 6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1eZZ", 64, "has no repository '6f1c1f0a-4d1e-4b55-9d0a-0c8f4a5d1eZZ'" },
        { "--repository @empty", 64, "--repository is empty" },
        { "--repository archive --base-url http://127.0.0.1:1", 64, "must be an https:// address" },
        { "--repository archive --base-url https://user:hidden@127.0.0.1:1", 64, "must be an https:// address" },
        { "--repository archive --thumbprint 12ab", 64, "--thumbprint: a SHA-256 thumbprint" },
        { "--repository archive --api-version newest", 64, "--api-version: auto, or a revision" },
        { "--repository archive --deadline soon", 64, "--deadline 'soon' is not a duration" },
        { "--repository archive --deadline 30d", 64, "--deadline: a time from" },
        { "--repository archive --name two#words", 64, "--name: " },
        { "--repository archive --repositry archive", 64, "--repositry" },
        { "--repository archive --thumbprint @other", 6, "@thumbprint" },
        { "--repository archive --thumbprint @none", 6, "@thumbprint" },
        { "--repository archive --username somebody", 6, "refuses the user name or password" },
        { "--repository archive --api-version 1.3-rev0", 6, "It accepts 1.1-rev0" },
        { "--repository archive --base-url @down --patience 3s", 7, "gave up after 3 s" },
        { "--repository archive --base-url @down --deadline 2s", 7, "gave up after 2 s" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_told_apart(string typed, int exit, string said)
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal)
        {
            ["--base-url"] = appliance.BaseAddress.AbsoluteUri, ["--username"] = "rescan", ["--thumbprint"] = appliance.Thumbprint,
            ["--state"] = folder,
        };
        string[] words = typed.Split(' ');
        for (int i = 0; i < words.Length; i += 2)
        {
            options[words[i]] = words[i + 1] switch
            {
                "@empty" => "",
                "@other" => new string('0', 64),
                "@none" => "",
                "@down" => Down(),
                { } word => word.Replace('#', ' '),
            };
        }

        Ended ended = await RescanProcess.RunAsync(
            ["run", "--password-stdin", .. options.Where(o => o.Key != "--thumbprint" || o.Value.Length > 0)
                .SelectMany(o => new[] { o.Key, o.Value })], "demo-password");

        Assert.True(exit == ended.Exit, $"{ended.Exit}: {ended.Out}{ended.Error}");
        Assert.Contains(
            said.Replace("@thumbprint", appliance.Thumbprint, StringComparison.Ordinal), ended.Out + ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", ended.Out + ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-password", ended.Out + ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Rescan.", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(appliance.Ledger, e => e.Kind == "rescan");
    }

    [Fact]
    public async Task A_password_that_is_not_there_is_asked_for()
    {
        Ended ended = await RescanProcess.RunAsync(["check", "--base-url", appliance.BaseAddress.AbsoluteUri, "-u", "rescan"]);

        Assert.Equal(64, ended.Exit);
        Assert.Contains("--password-stdin", ended.Error, StringComparison.Ordinal);
        Assert.Empty(appliance.Ledger);
    }

    [Fact]
    public async Task State_that_another_process_holds_or_that_is_newer_is_refused()
    {
        string file = Path.Combine(folder, "state.db");
        string[] run =
        [
            "run", "--base-url", appliance.BaseAddress.AbsoluteUri, "-u", "rescan", "--password-stdin", "--thumbprint",
            appliance.Thumbprint, "-r", Id, "--state", folder, "--deadline", "2m",
        ];
        using (System.Diagnostics.Process holder = RescanProcess.Start(run, "demo-password"))
        {
            while (await holder.StandardError.ReadLineAsync() is { } line && !line.Contains("watching", StringComparison.Ordinal))
            {
            }

            Ended locked = await RescanProcess.RunAsync(run, "demo-password");
            Assert.Equal(78, locked.Exit);
            Assert.Contains("another", locked.Error, StringComparison.Ordinal);
            Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
            holder.Kill();
            await holder.WaitForExitAsync();
        }

        using (SqliteConnection connection = new($"Data Source={file};Pooling=false"))
        {
            connection.Open();
            using SqliteCommand newer = connection.CreateCommand();
            newer.CommandText = "PRAGMA user_version = 999";
            newer.ExecuteNonQuery();
        }

        Ended refused = await RescanProcess.RunAsync(run, "demo-password");
        Assert.Equal(78, refused.Exit);
        Assert.Contains("newer", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, appliance.Ledger.Count(e => e.Kind == "rescan"));
    }

    [Fact]
    public async Task Settings_with_faults_are_refused_with_all_of_them_at_once()
    {
        string file = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(file, """
            {
              "$schema": "./docs/settings.schema.json",
              "Values": { "Rescan__Deadline": "soon", "Rescan__Polling": { "Kappa": 1 }, "Rescan__Schedules__0__Cron": "nightly", "Rescan__Key": "s3cret" },
              "Rescan__RunDeadline": "01:00:00"
            }
            """);
        Ended ended = await RescanProcess.RunAsync(
            ["serve", "--state", folder, "--url", "http://0.0.0.0:0", "--settings", file], null,
            ("Rescan__Appliances__0__Name", "a b"), ("Rescan__Appliances__0__BaseUrl", "http://appliance"),
            ("Rescan__LostAnswerWait", "9.00:00:00"), ("Rescan__Appliances__0__Usrename", "u"));

        Assert.Equal(78, ended.Exit);
        Assert.All(
            [
                "Appliances__0__Name", "Appliances__0__BaseUrl", "Appliances__0__Username", "Appliances__0__PasswordSecret",
                "Rescan__Deadline", "Rescan__LostAnswerWait", "Rescan__Key",
                "Rescan__Schedules__0__Cron", "Did you mean Rescan__Appliances__0__Username?",
                "Rescan__RunDeadline: it stands beside \"Values\"",
                "is written Rescan__Polling__Kappa",
            ],
            key => Assert.Contains(key, ended.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("s3cret", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", "nothing.json", "nothing.json is not there")]
    [InlineData("notify --test", ".", ". is a folder")]
    public async Task A_settings_file_that_was_named_has_to_be_one(string command, string file, string said)
    {
        Ended ended = await RescanProcess.RunAsync([.. command.Split(' '), "--settings", file]);

        Assert.Equal(78, ended.Exit);
        Assert.Contains(said, ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", "--faults", "nonsense", "No fault is named 'nonsense'")]
    [InlineData("demo", "--session-duration", "long", "is not a duration")]
    [InlineData("simulate", "--product", "1.0", "No product release is named '1.0'")]
    [InlineData("simulate", "--scenario", "/nowhere/scenario.json", "/nowhere/scenario.json")]
    [InlineData("simulate", "--repositories", "0", "1 to 5000")]
    public async Task Options_of_the_simulated_appliance_are_checked(string command, string option, string value, string said)
    {
        Ended ended = await RescanProcess.RunAsync([command, option, value]);

        Assert.Equal(64, ended.Exit);
        Assert.Contains(said, ended.Error, StringComparison.Ordinal);
    }

    /// <summary>An address where nothing listens.</summary>
    private static string Down()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}");
    }
}
