using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Rescan.Tests.Infra;

public sealed class WorkflowTests
{
    public static TheoryData<string> Workflows =>
        new(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, ".github", "workflows")).Select(f => Path.GetFileName(f)!));

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Each_action_is_pinned_to_a_commit(string workflow)
    {
        IEnumerable<YamlNode> uses = Nodes(Load($".github/workflows/{workflow}")).OfType<YamlMappingNode>().SelectMany(m => m.Children)
            .Where(c => c.Key.ToString() == "uses").Select(c => c.Value);

        Assert.NotEmpty(uses);
        Assert.All(uses, u => Assert.Matches("^[^@]+@[0-9a-f]{40}$", u.ToString()));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Each_workflow_reads_the_repository_and_may_do_no_more_than_it_says(string workflow)
    {
        YamlMappingNode file = Load($".github/workflows/{workflow}");

        Assert.Equal("{ { contents, read } }", file["permissions"].ToString());
        Assert.Equal(
            workflow is "deploy.yml" or "release.yml",
            SourceTree.Read($".github/workflows/{workflow}").Contains("id-token: write", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Nothing_from_outside_is_pasted_into_a_script(string workflow)
    {
        IEnumerable<string> scripts = Nodes(Load($".github/workflows/{workflow}")).OfType<YamlMappingNode>().SelectMany(m => m.Children)
            .Where(c => c.Key.ToString() == "run").Select(c => c.Value.ToString());

        Assert.NotEmpty(scripts);
        Assert.All(scripts, s => Assert.DoesNotContain("${{", s, StringComparison.Ordinal));
    }

    /// <summary>Unless it is named, the shell takes a pipe for good whose last command is.</summary>
    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_failure_before_a_pipe_counts(string workflow)
    {
        YamlMappingNode file = Load($".github/workflows/{workflow}");

        Assert.Equal("{ { run, { { shell, bash } } } }", file["defaults"].ToString());
        Assert.DoesNotContain(
            Nodes(file["jobs"]).OfType<YamlMappingNode>().SelectMany(m => m.Children), c => c.Key.ToString() is "shell" or "defaults");
    }

    [Fact]
    public void A_release_is_tested_packed_summed_proven_and_published()
    {
        YamlMappingNode file = Load(".github/workflows/release.yml");
        YamlNode release = file["jobs"]["release"];
        string[] steps = [.. ((YamlSequenceNode)release["steps"]).OfType<YamlMappingNode>()
            .Select(s => (s.Children.TryGetValue("run", out YamlNode? run) ? run : s["uses"]).ToString())];
        int At(string part) => Array.FindIndex(steps, s => s.Contains(part, StringComparison.Ordinal));

        Assert.Equal("{ { push, { { tags, [ v* ] } } } }", file["on"].ToString());
        Assert.Equal("test", release["needs"].ToString());
        Assert.Equal("{ { contents, write }, { id-token, write }, { attestations, write } }", release["permissions"].ToString());
        int[] order = [
            At("Directory.Build.props"), At("./rescan package"), At("CycloneDX"), At("attest-build-provenance@"), At("gh release create")];
        Assert.True(order[0] >= 0, steps[0]);
        Assert.Equal(order.Order(), order);
        Assert.Equal(order.Length, order.Distinct().Count());
    }

    [Theory]
    [InlineData("v", 0)]
    [InlineData("", 1)]
    [InlineData("v9", 1)]
    public async Task A_tag_of_another_version_is_no_release(string before, int exit)
    {
        string step = Regex.Match(
            SourceTree.Read(".github/workflows/release.yml"), @"(?s)Compare the tag[^\n]*\n +run: \|\n(.*?)\n      - name").Groups[1].Value;
        string environment = Path.GetTempFileName();
        ProcessStartInfo start = new(
            "bash", ["-eo", "pipefail", "-c", step])
        { WorkingDirectory = SourceTree.Root, RedirectStandardOutput = true };
        start.Environment["GITHUB_ENV"] = environment;
        start.Environment["GITHUB_REF_NAME"] = before + Version;

        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == exit, said);
        Assert.Equal(exit == 0 ? $"VERSION={Version}\n" : "", await File.ReadAllTextAsync(environment));
        File.Delete(environment);
    }

    private static string Version =>
        typeof(Rescan.Local.Cli.ExitCodes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split(
            '+')[0];

    [Fact]
    public void Deployment_signs_in_without_a_stored_secret() =>
        Assert.DoesNotMatch(new Regex(@"secrets\."), SourceTree.Read(".github/workflows/deploy.yml"));

    [Fact]
    public void Packages_the_SDK_and_actions_are_kept_up_to_date() => Assert.Equal(
        ["docker", "dotnet-sdk", "github-actions", "nuget"],
        ((YamlSequenceNode)Load(".github/dependabot.yml")["updates"]).Select(u => u["package-ecosystem"].ToString()).Order());

    [Fact]
    public void The_developer_CLI_finds_the_app_and_the_template()
    {
        YamlMappingNode azd = Load("azure.yaml");

        Assert.True(File.Exists(Path.Combine(SourceTree.Root, azd["infra"]["path"].ToString(), $"{azd["infra"]["module"]}.bicep")));
        Assert.True(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, azd["services"]["functions"]["project"].ToString()), "*.csproj")
            .Any());
    }

    private static YamlMappingNode Load(string path)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(SourceTree.Read(path)));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static IEnumerable<YamlNode> Nodes(YamlNode root) => root.AllNodes;
}
