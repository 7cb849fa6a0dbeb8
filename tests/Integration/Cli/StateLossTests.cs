using System.Diagnostics;

namespace Rescan.Tests.Integration.Cli;

/// <summary>Commands whose state goes away under them, or that write what others must not read.</summary>
public sealed class StateLossTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-loss-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("demo", "--session-duration", "30m")]
    [InlineData("demo", "--open", "--session-duration", "30m")]
    [InlineData("demo", "--fleet", "--session-duration", "30m")]
    public async Task A_demo_whose_state_is_deleted_ends_with_74_and_says_so(params string[] arguments)
    {
        using Process demo = RescanProcess.Start(arguments, null, ("TMPDIR", folder));
        Task<string> output = demo.StandardOutput.ReadToEndAsync();
        List<string> said = [];
        while (await demo.StandardError.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.Contains("POST /api/rescans", StringComparison.Ordinal))
            {
                Directory.Delete(Directory.GetDirectories(folder, "rescan-demo-*").Single(), recursive: true);
            }
        }

        await demo.WaitForExitAsync();
        string all = string.Join('\n', said);
        Assert.True(demo.ExitCode == 74, $"{demo.ExitCode}: {all} {await output}");
        Assert.Contains("was deleted or moved while in use", all, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_is_its_writers_alone()
    {
        string archive = Path.Combine(folder, "rescan.zip");
        Ended ended = await RescanProcess.RunAsync(["state", "export", archive, "--state", Path.Combine(folder, "state")]);

        Assert.True(ended.Exit == 0, ended.Error);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(archive));
        }
    }

    [Theory]
    [InlineData("http://[::ffff:127.0.0.1]:0")]
    [InlineData("http://[::ffff:10.255.255.1]:0")]
    public async Task An_address_that_cannot_be_listened_on_gives_no_stack_trace(string url)
    {
        using Process serve = RescanProcess.Start(
            ["serve", "--url", url, "--state", Path.Combine(folder, "state")], null,
            ("Rescan__Appliances__0__Name", "a"), ("Rescan__Appliances__0__BaseUrl", "https://127.0.0.1:1"),
            ("Rescan__Appliances__0__Username", "u"), ("Rescan__Appliances__0__Password", "p"));
        Task<string> output = serve.StandardOutput.ReadToEndAsync();
        List<string> said = [];
        while (await serve.StandardError.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.Contains("serving at", StringComparison.Ordinal))
            {
                serve.Kill();
            }
        }

        await serve.WaitForExitAsync();
        string all = string.Join('\n', said) + await output;
        Assert.NotEqual("", all);
        Assert.DoesNotContain("   at ", all, StringComparison.Ordinal);
        Assert.DoesNotContain("fault of Rescan", all, StringComparison.Ordinal);
    }
}
