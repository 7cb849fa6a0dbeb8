using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Configuration;
using Rescan.Functions.Storage;
using Rescan.Local.Cli;
using Rescan.Tests.Infra;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Operations;

/// <summary>What docs/operations.md and docs/self-hosting.md tell a reader to type is there to be typed.</summary>
[Collection(nameof(InfraFixture))]
public sealed class OperationsDocTests(InfraFixture infra)
{
    private static readonly string[] Files = ["docs/operations.md", "docs/self-hosting.md", "docs/hosting-settings.md", "docs/webhooks.md"];

    public static TheoryData<string> Pages => new(Files);

    private static readonly string Docs = SourceTree.Read("docs/operations.md");

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Commands_are_sound_to_the_shell(string page)
    {
        foreach (string script in Blocks(SourceTree.Read(page), "bash"))
        {
            using Process bash = Process.Start(
                new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
            await bash.StandardInput.WriteAsync(script);
            bash.StandardInput.Close();
            string complaints = await bash.StandardError.ReadToEndAsync();
            await bash.WaitForExitAsync();
            Assert.True(bash.ExitCode == 0 && complaints.Length == 0, complaints + script);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string page) => Assert.All(
        Regex.Matches(SourceTree.Read(page), @"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)"),
        link =>
        {
            string target = link.Groups[1].Length == 0 ? page : Path.Combine("docs", link.Groups[1].Value);
            Assert.True(File.Exists(Path.Combine(SourceTree.Root, target)), link.Value);
            Assert.True(link.Groups[2].Length == 0 || Regex.Matches(SourceTree.Read(target), "(?m)^#+ (.*)$")
                .Any(h => h.Groups[1].Value.ToLowerInvariant().Replace(' ', '-') == link.Groups[2].Value), link.Value);
        });

    [Fact]
    public async Task The_template_understands_every_parameter_that_is_shown()
    {
        string[] blocks = [.. Blocks(Docs, "bicep")];
        Assert.NotEmpty(blocks);
        string sample = SourceTree.Read("infra/main.bicepparam");
        foreach (string name in blocks.SelectMany(b => Regex.Matches(b, @"(?m)^param (\w+)").Select(m => m.Groups[1].Value)))
        {
            sample = Regex.Replace(sample, $@"(?ms)^param {name} = (\[\]|'[^']*'|\[.*?^\])\n", "");
        }

        infra.Compiler.Write("shown.bicepparam", sample + string.Concat(blocks) + "\n");
        (int exitCode, _, string complaints) = await infra.Compiler.RunAsync("build-params", "shown.bicepparam", "--stdout");

        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
    }

    [Fact]
    public void Every_provider_of_the_template_is_registered_and_waited_for()
    {
        string[] used = [.. Regex.Matches(infra.Template, "\"type\": \"(Microsoft\\.\\w+)/").Select(m => m.Groups[1].Value)
            // Never registered: they are what deploys.
            .Except(["Microsoft.Resources", "Microsoft.Authorization"])];
        Match loop = Regex.Match(Docs, @"for provider in ([^;]+); do\n  az provider register --namespace ""\$provider"" --wait\n");

        Assert.True(loop.Success);
        Assert.Empty(used.Except(loop.Groups[1].Value.Split(' ')));
    }

    [Fact]
    public async Task The_template_understands_every_network_that_is_shown()
    {
        string page = SourceTree.Read("docs/hosting-settings.md");
        string[] networks = [.. Regex.Matches(page + Docs, @"`(\{ kind: '[^`]*\})`").Select(m => m.Groups[1].Value).Distinct()];

        Assert.True(networks.Length >= 6);
        foreach (string network in networks)
        {
            infra.Compiler.Write("shown-network.bicepparam", $"{SourceTree.Read("infra/main.bicepparam")}\nparam network = {network}\n");
            (int exitCode, _, string complaints) = await infra.Compiler.RunAsync("build-params", "shown-network.bicepparam", "--stdout");
            Assert.True(exitCode == 0 && complaints.Length == 0, network + complaints);
        }
    }

    [Fact]
    public void Every_name_that_comes_from_the_deployment_is_one_of_its_outputs()
    {
        string[] outputs = [.. JsonDocument.Parse(infra.Template).RootElement.GetProperty("outputs").EnumerateObject().Select(o => o.Name)];
        string[] used = [.. Regex.Matches(Docs, @"\$([A-Z][A-Z_]+)").Select(m => m.Groups[1].Value).Distinct()];

        Assert.NotEmpty(used);
        Assert.Empty(used.Except(outputs));
    }

    [Fact]
    public void The_workflow_s_variables_are_those_that_are_set()
    {
        string workflow = SourceTree.Read(".github/workflows/deploy.yml");
        string[] read = [
            .. Regex.Matches(workflow, @"vars\.([A-Z_]+)( \|\|)?").Where(m => m.Groups[2].Length == 0).Select(m => m.Groups[1].Value)
            .Distinct().Order(StringComparer.Ordinal)];
        string[] set = [.. Regex.Matches(Docs, "gh variable set ([A-Z_]+) ").Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)];

        Assert.Equal(read, set);
    }

    [Fact]
    public void The_command_takes_what_is_shown()
    {
        System.CommandLine.RootCommand root =
            new() { ServeCommand.Create(), ApplianceCommands.CreateCheck(), ApplianceCommands.CreateRepositories(), DemoCommand.Create() };
        string[] calls = [
            .. Files.SelectMany(p => Blocks(SourceTree.Read(p), "bash")).SelectMany(b => b.Split('\n'))
            .Where(l => Regex.IsMatch(l, @"^(\./|sudo )?rescan (check|serve|demo|repositories) "))];

        Assert.NotEmpty(calls);
        Assert.All(calls,
            c => Assert.Empty(
                root.Parse(Regex.Replace(c, @"^(\./|sudo )?rescan ", "").Split(' ')
                    .Select(w => w.Trim('"').Replace("$appliance", "host", StringComparison.Ordinal)).ToArray()).Errors));
    }

    [Fact]
    public void Addresses_and_functions_that_are_named_are_the_app_s()
    {
        MethodInfo[] functions = [
            .. typeof(RescanOptions).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FunctionAttribute>() is not null)];
        string[] routes = [
            .. functions.SelectMany(m => m.GetParameters()).Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()?.Route)
            .OfType<string>()];
        string[] named = [
            .. Files.SelectMany(
                f => Regex.Matches(SourceTree.Read(f), @"(?:\$API_URL|\$url/api|(?:GET|POST|DELETE) /api|7071/api)/([a-z0-9{}/]+)")
                .Select(m => m.Groups[1].Value)).Distinct()];

        Assert.True(named.Length >= 5);
        Assert.Empty(named.Except(routes));
        Assert.All(Regex.Matches(Docs, "AzureWebJobs_(\\w+)_Disabled"),
            m => Assert.Contains(functions, f => f.GetCustomAttribute<FunctionAttribute>()!.Name == m.Groups[1].Value));
    }

    [Fact]
    public void Every_end_that_raises_an_alert_has_its_answer()
    {
        string section = Docs[Docs.IndexOf("## When an alert comes", StringComparison.Ordinal)..];

        Assert.All(
            Enum.GetNames<Outcome>().Except([nameof(Outcome.Succeeded), nameof(Outcome.Warning), nameof(Outcome.Canceled)]),
            o => Assert.Matches($@"(?m)^\| (\*\*a rescan failed\*\*: )?{o} \|", section));
    }

    private static IEnumerable<string> Blocks(string docs, string language) =>
        Regex.Matches(docs, $"(?ms)^```{language}\n(.*?)^```").Select(m => m.Groups[1].Value);
}
