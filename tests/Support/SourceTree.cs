using System.Reflection;

namespace Rescan.Tests.Support;

/// <summary>Where this repository's files and the Bicep compiler lie, as the build knew it.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string BicepPath { get; } = Metadata("BicepPath");

    public static string OldestBicepPath { get; } = Metadata("OldestBicepPath");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Metadata(string key) =>
        Path.GetFullPath(typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);
}
