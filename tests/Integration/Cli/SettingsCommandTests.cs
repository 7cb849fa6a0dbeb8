using System.Globalization;
using System.Text.Json;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Settings;
using Rescan.Local.Cli.Terminal;
using Rescan.Tests.Integration.DurableTaskSqlite;

namespace Rescan.Tests.Integration.Cli;

public sealed class SettingsCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Settings_without_faults_are_told_as_people_read_them()
    {
        Dictionary<string, string?> values = new()
        {
            ["Rescan__Schedules__0__Zone"] = "W. Europe Standard Time",
            ["Rescan__KeyVaultUri"] = "https://name.vault.azure.net/",
            ["Rescan__Appliances__0__Name"] = "frankfurt",
            ["Rescan__Appliances__0__BaseUrl"] = "https://192.0.2.1:11005",
            ["Rescan__Appliances__0__Username"] = "rescan",
            ["Rescan__Appliances__0__Password"] = "s3cret",
            ["Rescan__Appliances__0__Thumbprints__0"] = new string('A', 64),
            ["Rescan__Appliances__1__Name"] = "berlin",
            ["Rescan__Appliances__1__Kind"] = "VeeamBackupAndReplication",
            ["Rescan__Appliances__1__BaseUrl"] = "https://192.0.2.2:9419",
            ["Rescan__Appliances__1__Username"] = @"LAB\svc-rescan",
            ["Rescan__Appliances__1__PasswordSecret"] = "berlin-password",
            ["Rescan__Notifications__Channels__0__Kind"] = "slack",
            ["Rescan__Notifications__Channels__0__Url"] = "https://hooks.slack.com/services/s3cret",
            ["Rescan__Notifications__Channels__0__Runs"] = "always",
        };
        SettingsFile file = new("settings.json", IsThere: true, values, []);
        DateTimeOffset now = DateTimeOffset.Parse("2026-03-07T22:00:00Z", CultureInfo.InvariantCulture);

        Assert.Empty(await SettingsCheck.FaultsOfAsync(file, AppHost.Configure(values), default));
        using StringWriter said = new() { NewLine = "\n" };
        SettingsReport.Of(file, AppHost.Configure(values), [], now).Print(Screen.Plain(said, 80), now);

        Assert.Equal("""
            ok  settings.json and the environment
            ok  2 appliances
                frankfurt: Veeam Backup for AWS at https://192.0.2.1:11005/
                  account rescan, its password in the settings
                  certificate trusted by 1 thumbprint
                berlin: Veeam Backup & Replication at https://192.0.2.2:9419/
                  account LAB\svc-rescan, its password in Key Vault
                  certificate trusted by this system's roots
            ok  next run: 2026-03-08 01:30 Europe/Berlin, in 2 h 30 min
            ok  no key: rescan serve answers this machine alone
            ok  1 channel
                slack: slack, rescans failure, runs always

            """, said.ToString());
    }

    [Fact]
    public async Task Two_names_of_one_address_are_a_fault_before_serve_meets_it()
    {
        Dictionary<string, string?> values = new();
        foreach ((int index, string host) in new[] { "127.0.0.1", "[::ffff:127.0.0.1]" }.Index())
        {
            values[$"Rescan__Appliances__{index}__Name"] = $"a{index}";
            values[$"Rescan__Appliances__{index}__BaseUrl"] = $"https://{host}:11005";
            values[$"Rescan__Appliances__{index}__Username"] = "u";
            values[$"Rescan__Appliances__{index}__Password"] = "p";
        }

        SettingsFile file = new("settings.json", IsThere: true, values, []);
        Assert.Contains(
            "of its own", Assert.Single(await SettingsCheck.FaultsOfAsync(file, AppHost.Configure(values), default)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_are_told_at_once_to_people_and_to_programs()
    {
        string file = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(file, """
            { "Values": { "Rescan__Deadlin": "01:00:00", "Rescan__Deadline": "soon", "Rescan__Schedules__0__Cron": "nightly", "Rescan__Deadline": "s3cret" } }
            """);

        Ended json = await RescanProcess.RunAsync(["settings", "check", "--settings", file, "--output", "json"]);
        Ended text = await RescanProcess.RunAsync(["settings", "check", "--settings", file]);

        string[] faults = [
            "Rescan__Deadline", "Rescan__Deadlin", "Rescan__Deadline", "Rescan__Appliances__0__Name", "Rescan__Schedules__0__Cron"];
        Assert.Equal((78, "", 78), (json.Exit, json.Error, text.Exit));
        Assert.Equal(faults, json.Json.GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("key").GetString()));
        Assert.Equal(faults, text.Error.Split('\n').Skip(1).Where(l => l.Length > 0).Select(l => l.Trim().Split(": ")[0]));
        Assert.Equal(JsonValueKind.Null, json.Json.GetProperty("schedules").GetProperty("nextDueAt").ValueKind);
        Assert.DoesNotContain("s3cret", json.Out + text.Error, StringComparison.Ordinal);
    }
}
