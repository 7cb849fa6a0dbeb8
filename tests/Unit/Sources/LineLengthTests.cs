using Rescan.Tests.Support;

namespace Rescan.Tests.Unit.Sources;

/// <summary>Lines are read beside another file. Only a text that would be harder to read in pieces may be longer.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140;

    [Theory]
    [InlineData("functions")]
    [InlineData("local")]
    [InlineData("bench")]
    [InlineData("tests")]
    public void No_line_of_code_or_comment_is_longer_than_140(string folder)
    {
        string[] found =
        [
            .. from file in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*.cs", SearchOption.AllDirectories)
            where !Path.GetRelativePath(SourceTree.Root, file).Split(Path.DirectorySeparatorChar).Any(p => p is "obj" or "bin")
            from line in File.ReadLines(file).Index()
            where line.Item.Length > Longest
            && (!line.Item.Contains('"', StringComparison.Ordinal) || line.Item.TrimStart().StartsWith("//", StringComparison.Ordinal))
            select $"{Path.GetRelativePath(SourceTree.Root, file)}({line.Index + 1})",
        ];

        Assert.Equal([], found);
    }
}
