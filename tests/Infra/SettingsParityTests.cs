using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Configuration;
using Rescan.Functions.S3Events;
using Rescan.Functions.Webhooks;
using Rescan.Tests.Integration.Runtime.Hosting;
using Rescan.Tests.Unit.Configuration;

namespace Rescan.Tests.Infra;

/// <summary>What the options classes read, the sample, the docs and the template agree on every key.</summary>
[Collection(nameof(InfraFixture))]
public sealed class SettingsParityTests(InfraFixture infra)
{
    private const string NoCallers = "the Functions host has keys and limits of its own";

    /// <summary>Keys that Azure must not or need not set, and why.</summary>
    private static readonly Dictionary<string, string> NotInAzure = new()
    {
        ["Rescan__Appliances__0__Password"] = "a secret; the vault's name for it is set instead",
        ["Rescan__Notifications__Channels__0__Url"] = "a secret; the vault's name for it is set instead",
        ["Rescan__Notifications__Channels__0__Secret"] = "a secret; the vault's name for it is set instead",
        ["Rescan__Key"] = NoCallers,
        ["Rescan__Keys__0__Name"] = NoCallers,
        ["Rescan__Keys__0__Key"] = NoCallers,
        ["Rescan__Keys__0__KeyFile"] = NoCallers,
        ["Rescan__Keys__0__Role"] = NoCallers,
        ["Rescan__AllowedHosts__0"] = NoCallers,
        ["Rescan__AllowedOrigins__0"] = NoCallers,
        ["Rescan__RequestsPerSecond"] = NoCallers,
        ["Rescan__RequestBurst"] = NoCallers,
        ["Rescan__Outcomes__Table"] = "the storage account is this app's alone",
    };

    [Fact]
    public void No_class_of_options_is_bound_to_nothing()
    {
        Assert.NotEmpty(SettingDocs.All);
        Assert.Empty(typeof(RescanOptions).Assembly.GetTypes()
            .Where(t => t.IsClass && t.Name.EndsWith("Options", StringComparison.Ordinal))
            .Except(SettingDocs.Reached));
    }

    [Fact]
    public void The_sample_has_every_key_that_is_read_and_no_other()
    {
        string[] expected = [.. SettingDocs.All.Select(s => s.Key), "FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"];

        Assert.Equal(expected.Order(StringComparer.Ordinal), Sample().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_sample_shows_the_defaults_and_needs_a_password_only()
    {
        Dictionary<string, string> sample = Sample();
        string[] own =
            ["Rescan__Appliances__0__Name", "Rescan__Appliances__0__BaseUrl", "Rescan__Appliances__0__Username"];
        Assert.All(
            SettingDocs.All.Where(s => !own.Contains(s.Key)),
            s => Assert.True(s.Default == sample[s.Key], $"{s.Key}: the default is '{s.Default}', the sample says '{sample[s.Key]}'"));

        Assert.Equal(["Rescan__Appliances__0__PasswordSecret"], Faults(sample).Select(f => f.Split(": ")[0]));
        sample["Rescan__Appliances__0__Password"] = "p";
        Assert.Empty(Faults(sample));
    }

    [Fact]
    public void The_docs_list_every_key_with_its_default_and_meaning()
    {
        string table = "| setting | default | meaning |\n| --- | --- | --- |\n"
            + string.Concat(
                SettingDocs.All.Select(s => $"| `{s.Key}` | {(s.Default.Length == 0 ? "" : $"`{s.Default}`")} | {s.Meaning} |\n"));
        string docs = SourceTree.Read("docs/settings.md");

        if (!docs.Contains(table, StringComparison.Ordinal))
        {
            string artifact = Path.Combine(
                Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts")).FullName, "settings.md");
            File.WriteAllText(artifact, table);
            Assert.Fail($"The table in docs/settings.md is not what the options classes say. Put in its place the one that was written to "
                + $"{artifact}.");
        }

        Assert.Equal(
            SettingDocs.All.Select(s => s.Key), Rows(docs[docs.IndexOf(table, StringComparison.Ordinal)..]).Take(SettingDocs.All.Count));
    }

    [Fact]
    public void The_docs_list_no_other_key_that_nothing_reads()
    {
        string sources = string.Concat(
            Files("functions", "*.cs").Concat(Files("local", "*.cs")).Concat(Files("infra", "*.bicep"))
                .Append(Path.Combine(SourceTree.Root, "host.scheduler.json")).Select(File.ReadAllText));

        string[] unread = [.. Rows(SourceTree.Read("docs/settings.md")).Except(SettingDocs.All.Select(s => s.Key))
            // Read by the Functions host and its tools.
            .Except(["FUNCTIONS_WORKER_RUNTIME"])
            .Select(key => key.EndsWith("__0", StringComparison.Ordinal) ? key[..^3] : key)
            .Where(
                key => !sources.Contains(key, StringComparison.Ordinal)
                    && !sources.Contains($"\"{key.Replace("__", ":", StringComparison.Ordinal)}\"", StringComparison.Ordinal))];

        Assert.Empty(unread);
    }

    [Fact]
    public void Every_key_that_is_read_without_an_options_class_is_in_the_docs()
    {
        IEnumerable<string> read = Files("functions", "*.cs").Concat(Files("local", "*.cs")).SelectMany(f =>
        {
            string text = File.ReadAllText(f);
            return Regex.Matches(text, "(?i:configuration|settings)(?:\\[|\\.GetSection\\(|, )\"([A-Za-z_:]+)\"")
                .Select(m => m.Groups[1].Value);
        });

        string[] known = [.. Rows(SourceTree.Read("docs/settings.md"))];
        Assert.Contains("AzureWebJobsStorage", read);
        Assert.DoesNotContain(read.Select(SettingKeys.Normal).Distinct(), key => !known.Contains(key) && !known.Contains(key + "__0"));
    }

    [Fact]
    public void The_template_can_set_every_key_and_sets_none_that_nothing_reads()
    {
        string[] set = [.. infra.Full.AppSettings.Keys.Select(SettingKeys.Normal).Distinct()];
        string[] read = [.. SettingDocs.All.Select(s => s.Key)];

        Assert.Equal(NotInAzure.Keys.Order(StringComparer.Ordinal), read.Except(set).Order(StringComparer.Ordinal));
        Assert.Empty(set.Where(k => k.StartsWith("Rescan__", StringComparison.Ordinal)).Except(read));
        Assert.Empty(set.Except(read).Except(["EXTRA"]).Except(Rows(SourceTree.Read("docs/settings.md"))));
    }

    /// <summary>Keys in the first column of the tables.</summary>
    private static IEnumerable<string> Rows(string docs) => Regex.Matches(docs, @"(?m)^\| `([^`]+)` \|").Select(m => m.Groups[1].Value);

    private static IEnumerable<string> Files(string folder, string pattern) => Directory
        .EnumerateFiles(Path.Combine(SourceTree.Root, folder), pattern, SearchOption.AllDirectories)
        .Where(f => !Regex.IsMatch(f, "[/\\\\](bin|obj)[/\\\\]"));

    private static Dictionary<string, string> Sample() =>
        JsonDocument.Parse(SourceTree.Read("local.settings.sample.json")).RootElement.GetProperty("Values")
        .EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);

    private static string[] Faults(Dictionary<string, string> settings)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRescan(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    settings.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), (string?)s.Value)))
                .Build());
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            _ = provider.GetRequiredService<IOptions<RescanOptions>>().Value;
            _ = provider.GetRequiredService<IOptions<WebhookOptions>>().Value;
            _ = provider.GetRequiredService<IOptions<S3HookOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException e)
        {
            return [.. e.Failures];
        }
    }
}
