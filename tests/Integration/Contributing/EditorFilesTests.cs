using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Local.Cli;

namespace Rescan.Tests.Integration.Contributing;

/// <summary>What the editor and the dev container are told is so.</summary>
public sealed class EditorFilesTests
{
    public static TheoryData<string> Files => new(
        new[] { ".devcontainer", ".vscode" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(SourceTree.Root, f), "*.json"))
            .Select(f => Path.GetRelativePath(SourceTree.Root, f)));

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_file_is_JSON_without_comments(string file) => Assert.Equal(JsonValueKind.Object, Read(file).ValueKind);

    [Theory]
    [InlineData("build")]
    [InlineData("test")]
    [InlineData("serve")]
    [InlineData("demo")]
    [InlineData("simulate")]
    public void There_is_a_task_for_each_daily_command(string label) => Assert.Single(Tasks(), t => Text(t, "label") == label);

    [Fact]
    public void Each_task_calls_what_there_is()
    {
        string[] commands = [.. Tasks().Select(t => Text(t, "command"))];

        Assert.All(
            commands.Where(c => c.StartsWith("./", StringComparison.Ordinal)),
            c => Assert.True(File.Exists(InTree(c.Split(' ')[0])), c));
        Assert.All(
            commands.Where(c => c.StartsWith("dotnet ", StringComparison.Ordinal)),
            c => Assert.True(Path.Exists(InTree(c.Split(' ')[^1])), c));
        Assert.All(
            commands.Where(c => c.StartsWith("./rescan ", StringComparison.Ordinal)),
            c => IsUnderstood(c.Split(' ')[1..]));
    }

    [Fact]
    public void Each_launch_profile_builds_and_starts_the_command()
    {
        JsonElement[] profiles = [.. Read(".vscode/launch.json").GetProperty("configurations").EnumerateArray()];

        Assert.NotEmpty(profiles);
        Assert.All(profiles, p =>
        {
            Assert.Contains(Tasks(), t => Text(t, "label") == Text(p, "preLaunchTask"));
            Match program = Regex.Match(
                Text(p, "program"), @"^\$\{workspaceFolder\}/(?<project>.+)/bin/Debug/(?<framework>[^/]+)/(?<assembly>[^/]+)\.dll$");
            Assert.Contains(
                $"<TargetFramework>{program.Groups["framework"].Value}<",
                SourceTree.Read("Directory.Build.props"),
                StringComparison.Ordinal);
            string project = Assert.Single(Directory.EnumerateFiles(InTree(program.Groups["project"].Value), "*.csproj"));
            Assert.Contains($"<AssemblyName>{program.Groups["assembly"].Value}<", File.ReadAllText(project), StringComparison.Ordinal);
            IsUnderstood([.. p.GetProperty("args").EnumerateArray().Select(a => a.GetString()!)]);
        });
    }

    [Fact]
    public void The_dev_container_has_the_SDK_that_is_asked_for_and_the_editors_extensions()
    {
        JsonElement container = Read(".devcontainer/devcontainer.json");
        string sdk = Read("global.json").GetProperty("sdk").GetProperty("version").GetString()!;

        JsonElement feature = container.GetProperty("features").EnumerateObject()
            .Single(f => f.Name.Contains("/dotnet:", StringComparison.Ordinal)).Value;
        Assert.StartsWith(Text(feature, "version") + ".", sdk, StringComparison.Ordinal);
        Assert.Equal(
            Read(".vscode/extensions.json").GetProperty("recommendations").EnumerateArray().Select(e => e.GetString()),
            container.GetProperty("customizations").GetProperty("vscode").GetProperty("extensions")
                .EnumerateArray().Select(e => e.GetString()));
        Assert.All(
            Regex.Matches(Text(container, "postCreateCommand"), @"\S+\.sln|build/\S+"),
            f => Assert.True(File.Exists(InTree(f.Value)), f.Value));
    }

    private static IEnumerable<JsonElement> Tasks() => Read(".vscode/tasks.json").GetProperty("tasks").EnumerateArray();

    private static void IsUnderstood(string[] arguments) => Assert.Empty(RescanCommand.Create().Parse(arguments).Errors);

    private static JsonElement Read(string file) => JsonDocument.Parse(SourceTree.Read(file)).RootElement;

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static string InTree(string path) => Path.Combine(SourceTree.Root, path);
}
