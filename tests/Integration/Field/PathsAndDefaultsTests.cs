using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Tests.Integration.Durability;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Field;

/// <summary>A configured path discarded; defaults that fail their own validators, and validation wider than a command needs.</summary>
public sealed class PathsAndDefaultsTests
{
    [Theory]
    [InlineData("veeam/aws1")]
    [InlineData("veeam/aws1/")]
    [InlineData("")]
    public async Task The_path_of_the_base_address_is_kept(string path)
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        string prefix = path.Length == 0 ? "" : "/" + path.TrimEnd('/');
        server.Json($"POST {prefix}/api/v1/token", """{"access_token":"a1","expires_in":900}""");
        server.Json($"GET {prefix}/api/v1/sessions/s", """{"id":"s","status":"Running"}""");
        await using ClientOf app = new(new Uri(server.Url, path), [server.Thumbprint]);

        Assert.Equal("Running", (await app.Client.GetSessionAsync("s", default)).Status);
        Assert.All(server.Requests, r => Assert.Contains(prefix + "/api/v1/", r, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://host.example/rescan", "https://host.example/rescan/api/#/rescans/rescan-one-x/r1")]
    [InlineData("https://host.example/rescan/", "https://host.example/rescan/api/#/rescans/rescan-one-x/r1")]
    [InlineData("https://host.example", "https://host.example/api/#/rescans/rescan-one-x/r1")]
    public void The_path_of_the_public_address_is_kept_in_links(string address, string link)
    {
        Notification notification = new("r1")
        {
            Rescan = new RescanOutcome
            {
                Id = "rescan-one-x", Appliance = "one", Repository = new RepositoryRef("x", "x"), Outcome = Outcome.Failed,
                StartedAt = DateTimeOffset.UnixEpoch, FinishedAt = DateTimeOffset.UnixEpoch, DurationSeconds = 1,
            },
        };

        Assert.Equal(link, NotificationText.Of(notification, new Uri(address)).Link!.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://büro.example", "xn--bro-hoa.example-443")]
    [InlineData("https://veeam_backup:11005", "veeam-backup-11005")]
    [InlineData("https://[::1]:11005", "--1-11005")]
    [InlineData("https://appliance.example:11005/veeam/aws1", "appliance.example-11005")]
    public void A_derived_name_passes_the_check_of_names(string address, string name)
    {
        ServiceCollection services = new();
        services.AddLogging().AddRescan(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescan:Appliances:0:Name"] = ApplianceAddress.NameOf(new Uri(address)), ["Rescan:Appliances:0:BaseUrl"] = address,
            ["Rescan:Appliances:0:Username"] = "u", ["Rescan:Appliances:0:Password"] = "p",
        }).Build());
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal(name, provider.GetRequiredService<IOptions<RescanOptions>>().Value.Appliances[0].Name);
    }

    [Fact]
    public async Task A_channel_is_tried_out_without_an_appliance_in_the_settings()
    {
        await using Receiver receiver = await Receiver.StartAsync();

        Ended ended = await RescanProcess.RunAsync(
            ["notify", "--test"], null, ("Rescan__Notifications__Channels__0__Kind", "slack"),
            ("Rescan__Notifications__Channels__0__Url", receiver.Url.AbsoluteUri));

        Assert.Equal((0, ""), (ended.Exit, ended.Error));
    }

    [Fact]
    public async Task A_question_to_one_appliance_does_not_mind_the_settings_of_channels()
    {
        await using HttpsServer server = await HttpsServer.StartAsync();
        server.Json("GET /api/v1/repositories", """{"totalCount":1,"results":[{"id":"r","name":"prod"}]}""");

        Ended ended = await RescanProcess.RunAsync(
            ["repositories", "--base-url", server.Url.AbsoluteUri, "--username", "u", "--thumbprint", server.Thumbprint], null,
            ("RESCAN_PASSWORD", "p"), ("Rescan__Notifications__Channels__0__Kind", "pigeon"));

        Assert.Equal(0, ended.Exit);
    }

    [Fact]
    public async Task An_archive_that_is_damaged_is_told_without_a_stack_trace()
    {
        const string damaged = "outcomes.jsonl";
        string folder = Directory.CreateTempSubdirectory("rescan-import-").FullName;
        string archive = Path.Combine(folder, "damaged.zip");
        string whole = Path.Combine(folder, "whole.zip");
        Assert.Equal(0, (await RescanProcess.RunAsync(["state", "export", whole, "--state", Path.Combine(folder, "one")])).Exit);
        File.Copy(whole, archive);
        using (ZipArchive zip = ZipFile.Open(archive, ZipArchiveMode.Update))
        {
            zip.GetEntry(damaged)!.Delete();
            using StreamWriter entry = new(zip.CreateEntry(damaged).Open());
            entry.WriteLine("{\"Outcome\": nonsense");
        }

        Ended ended = await RescanProcess.RunAsync(["state", "import", archive, "--state", Path.Combine(folder, "two")]);

        Assert.Contains(ended.Exit, (int[])[ExitCodes.Usage, ExitCodes.Configuration]);
        Assert.DoesNotMatch(new Regex(@"(?m)^\s+at |fault of Rescan|purge"), ended.Error);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_address_mapped_from_IPv4_is_served_or_refused_in_words()
    {
        string folder = Directory.CreateTempSubdirectory("rescan-mapped-").FullName;
        using System.Diagnostics.Process serve = RescanProcess.Start(
            ["serve", "--url", "http://[::ffff:127.0.0.1]:0", "--state", folder], null,
            ("Rescan__Appliances__0__Name", "one"), ("Rescan__Appliances__0__BaseUrl", "https://one.example"),
            ("Rescan__Appliances__0__Username", "u"), ("Rescan__Appliances__0__Password", "p"));
        string? first = await serve.StandardError.ReadLineAsync();
        if (!serve.HasExited)
        {
            serve.Kill();
        }

        await serve.WaitForExitAsync();
        Assert.NotNull(first);
        Assert.DoesNotMatch(new Regex("Unhandled|fault of Rescan|^   at "), first + await serve.StandardError.ReadToEndAsync());
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The hosting page and the code, the API's page and its answers, say the same.</summary>
    [Fact]
    public void Pages_say_what_the_code_does()
    {
        Assert.Contains("`ContinueAsNew` every 10 polls", SourceTree.Read("docs/hosting-settings.md"), StringComparison.Ordinal);
        Assert.Contains("StepsPerExecution = 10;", SourceTree.Read("functions/Rescans/RescanOrchestration.cs"), StringComparison.Ordinal);
        Assert.Contains("`{}` is refused", SourceTree.Read("docs/http-api.md"), StringComparison.Ordinal);
        Assert.Equal(
            400,
            Assert.Throws<Rescan.Functions.Api.RequestRefusedException>(
                () => Rescan.Functions.Rescans.StartRescanRequest.Read("{}"u8)).Status);
        Assert.NotNull(Rescan.Functions.Rescans.StartRescanRequest.Read("""{"filter":{}}"""u8).Filter);
    }
}
