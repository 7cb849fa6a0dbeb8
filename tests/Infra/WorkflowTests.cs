using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Rescan.Tests.Infra;

public sealed class WorkflowTests
{
    public static TheoryData<string> Workflows => new(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, ".github", "workflows")).Select(f => Path.GetFileName(f)!));

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Each_action_is_pinned_to_a_commit(string workflow)
    {
        IEnumerable<YamlNode> uses = Nodes(Load($".github/workflows/{workflow}")).OfType<YamlMappingNode>().SelectMany(m => m.Children).Where(c => c.Key.ToString() == "uses").Select(c => c.Value);

        Assert.NotEmpty(uses);
        Assert.All(uses, u => Assert.Matches("^[^@]+@[0-9a-f]{40}$", u.ToString()));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Each_workflow_reads_the_repository_and_may_do_no_more_than_it_says(string workflow)
    {
        YamlMappingNode file = Load($".github/workflows/{workflow}");

        Assert.Equal("{ { contents, read } }", file["permissions"].ToString());
        Assert.Equal(workflow == "deploy.yml", SourceTree.Read($".github/workflows/{workflow}").Contains("id-token: write", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Nothing_from_outside_is_pasted_into_a_script(string workflow)
    {
        IEnumerable<string> scripts = Nodes(Load($".github/workflows/{workflow}")).OfType<YamlMappingNode>().SelectMany(m => m.Children).Where(c => c.Key.ToString() == "run").Select(c => c.Value.ToString());

        Assert.NotEmpty(scripts);
        Assert.All(scripts, s => Assert.DoesNotContain("${{", s, StringComparison.Ordinal));
    }

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
        Assert.True(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, azd["services"]["functions"]["project"].ToString()), "*.csproj").Any());
    }

    private static YamlMappingNode Load(string path)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(SourceTree.Read(path)));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static IEnumerable<YamlNode> Nodes(YamlNode root) => root.AllNodes;
}
