using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Rescan.Local.Cli;
using Rescan.Tests.Infra;

namespace Rescan.Tests.Integration.Deploy;

/// <summary>
/// What <c>./rescan package</c> makes, of a small stand-in for the published command, and what dpkg does with it in a root of its own.
/// Stand-ins take what would change this machine: users, owners, systemd. What enables the service is Debian's own helper.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PackageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-package-").FullName;

    private static readonly string Version = typeof(ExitCodes).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private string Packages => Path.Combine(folder, "packages");

    private string Root => Path.Combine(folder, "root");

    private string Deb => Path.Combine(Packages, $"rescan_{Version}_amd64.deb");

    private string Calls => Path.Combine(folder, "calls");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [ToolFact("dpkg-deb", "zip", "gzip")]
    public async Task The_packages_hold_what_they_should_owned_by_root_and_summed()
    {
        string[] made = await PackAsync();

        Assert.Equal(
            [$"rescan-{Version}-linux-x64.tar.gz", $"rescan-{Version}-linux-x64.zip", $"rescan_{Version}_amd64.deb", "SHA256SUMS"],
            made.Select(m => Path.GetFileName(m)));
        await RunAsync("sh", "-c", $"cd {Packages} && sha256sum --check --strict SHA256SUMS");

        string[] fields = (await RunAsync("dpkg-deb", "-f", Deb)).Split('\n');
        Assert.Contains("Package: rescan", fields);
        Assert.Contains($"Version: {Version}", fields);
        Assert.Contains("Architecture: amd64", fields);
        Assert.Matches(new Regex(@"(?m)^Depends: .*\badduser\b.*\blibssl3t64 \| libssl3\b"), string.Join('\n', fields));

        Dictionary<string, string> held = (await RunAsync("dpkg-deb", "-c", Deb)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => Regex.Match(l, @"^(\S+ root/root) .* \.(/\S*)(?: -> (\S+))?$"))
            .ToDictionary(m => m.Groups[2].Value, m => m.Groups[3].Success ? m.Groups[3].Value : m.Groups[1].Value);
        Assert.Equal("-rwxr-xr-x root/root", held["/usr/lib/rescan/rescan"]);
        Assert.Equal("../lib/rescan/rescan", held["/usr/bin/rescan"]);
        Assert.All(
            (string[])
            [
                "/usr/lib/rescan/DurableTask.Core.dll", "/usr/lib/rescan/libe_sqlite3.so", "/usr/lib/systemd/system/rescan.service",
                "/usr/share/bash-completion/completions/rescan", "/usr/share/zsh/vendor-completions/_rescan",
                "/usr/share/fish/vendor_completions.d/rescan.fish", "/usr/share/doc/rescan/copyright", "/usr/share/man/man1/rescan.1.gz",
            ],
            f => Assert.Equal("-rw-r--r-- root/root", held[f]));
        Assert.DoesNotContain(
            held.Keys, k => k.EndsWith(".xml", StringComparison.Ordinal) || k.Contains("Functions", StringComparison.Ordinal));

        string listed = await RunAsync("tar", "-tzf", made[0]);
        Assert.All(
            (string[])["rescan", "DurableTask.Core.dll", "LICENSE", "completions/rescan.bash", "completions/_rescan",
                "completions/rescan.fish", "completions/rescan.ps1"],
            f => Assert.Contains($"rescan-{Version}-linux-x64/{f}\n", listed, StringComparison.Ordinal));
        using System.IO.Compression.ZipArchive zip = System.IO.Compression.ZipFile.OpenRead(made[1]);
        Assert.Equal(listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
    }

    [ToolFact("dpkg-deb", "zip", "gzip")]
    public async Task The_same_sources_make_the_same_bytes()
    {
        await PackAsync();
        string first = await File.ReadAllTextAsync(Path.Combine(Packages, "SHA256SUMS"));
        await PackAsync();

        Assert.Equal(first, await File.ReadAllTextAsync(Path.Combine(Packages, "SHA256SUMS")));
    }

    [ToolFact("dpkg-deb", "zip", "gzip", "systemd-analyze")]
    public async Task The_unit_of_the_package_runs_the_command_as_the_user_of_the_package()
    {
        await PackAsync();
        string unit = Path.Combine(folder, "rescan.service");
        string text = await RunAsync("sh", "-c", $"dpkg-deb --fsys-tarfile {Deb} | tar -xO ./usr/lib/systemd/system/rescan.service");
        await File.WriteAllTextAsync(
            unit, text.Replace("/usr/bin/rescan", "/bin/true", StringComparison.Ordinal)
            .Replace("=rescan\n", "=root\n", StringComparison.Ordinal));

        Assert.Contains("\nUser=rescan\nGroup=rescan\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("DynamicUser", text, StringComparison.Ordinal);
        Assert.DoesNotContain("EXTRACT", text, StringComparison.Ordinal);
        string[] call = Regex.Match(text, "(?m)^ExecStart=(.*)$").Groups[1].Value.Split(' ');
        Assert.Equal(["/usr/bin/rescan", "serve"], call[..2]);
        Assert.Empty(ServeCommand.Create().Parse(call[2..]).Errors);
        Assert.Equal("", await RunAsync("systemd-analyze", "verify", unit));
    }

    [ToolFact("dpkg", "dpkg-deb", "deb-systemd-helper", "zip", "gzip")]
    public async Task Installed_upgraded_removed_and_purged_it_keeps_what_is_not_its_own()
    {
        await PackAsync();
        StandIns();
        await DpkgAsync("--install", Deb);

        Assert.True(File.Exists(Path.Combine(Root, "usr/lib/rescan/rescan")));
        Assert.True(Directory.Exists(Path.Combine(Root, "var/lib/rescan")));
        Assert.Contains("adduser --system --quiet --group --home /var/lib/rescan --no-create-home", Called(), StringComparison.Ordinal);
        Assert.DoesNotMatch("(?m)^deb-systemd-invoke start", Called());
        Assert.False(IsEnabled());

        // What an administrator and the service have written.
        string settings = Path.Combine(Root, "etc/rescan/settings.json");
        string other = Path.Combine(Root, "etc/rescan/proxy.pem");
        string state = Path.Combine(Root, "var/lib/rescan/state.db");
        foreach (string file in (string[])[settings, other, state])
        {
            await File.WriteAllTextAsync(file, "kept");
        }

        Assert.Equal((false, false), await UpgradedAsync("inactive"));
        Assert.False(IsEnabled());
        await RunAsync("ln", "-s", "/usr/lib/systemd/system/rescan.service", Directory.CreateDirectory(Wanted).FullName);
        Assert.Equal((true, true), await UpgradedAsync("active"));
        Assert.True(IsEnabled());
        File.Delete(Path.Combine(Wanted, "rescan.service"));
        Assert.Equal((true, true), await UpgradedAsync("activating"));
        Assert.False(IsEnabled());

        await DpkgAsync("--remove", "rescan");
        Assert.Contains("deb-systemd-invoke stop rescan.service", Called(), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Root, "usr/lib/rescan/rescan")));
        Assert.All((string[])[settings, other, state], f => Assert.True(File.Exists(f)));

        await DpkgAsync("--purge", "rescan");
        Assert.Contains("deluser --system --quiet rescan", Called(), StringComparison.Ordinal);
        Assert.Equal((false, true, false), (File.Exists(settings), File.Exists(other), Directory.Exists(Path.GetDirectoryName(state))));
        Assert.Equal("", await RunAsync("dpkg", $"--root={Root}", "--get-selections"));

        async Task<(bool Restarted, bool Marked)> UpgradedAsync(string before)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "active-state"), before);
            File.Delete(Calls);
            await DpkgAsync("--install", Deb);
            string called = Called();
            Assert.Contains("deb-systemd-invoke stop", called, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(Root, "run/rescan-was-running")));
            bool started = called.Contains("deb-systemd-invoke start", StringComparison.Ordinal);
            return (started, started
                && called.IndexOf("invoke stop", StringComparison.Ordinal) < called.IndexOf("invoke start", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("package sparc", "'sparc' is no runtime that is packaged; these are: linux-x64, linux-arm64, win-x64, osx-arm64.", 64)]
    [InlineData("package --fast", "package has no option '--fast'", 64)]
    [InlineData("package --published /nowhere linux-x64", "--published '/nowhere' is not a folder.", 64)]
    [InlineData("package --published /tmp", "name it", 64)]
    public async Task What_cannot_be_packed_is_refused_by_name(string line, string says, int exit)
    {
        (int ended, _, string error) = await EndAsync(Path.Combine(SourceTree.Root, "rescan"), line.Split(' '));

        Assert.Equal(exit, ended);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_on_the_machine_is_told_with_its_package()
    {
        string bin = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
        foreach (string program in (string[])["bash", "dirname", "sed"])
        {
            File.CreateSymbolicLink(Path.Combine(bin, program), $"/usr/bin/{program}");
        }

        (int ended, _, string error) = await EndAsync("/usr/bin/bash", [Path.Combine(SourceTree.Root, "build/package"), "linux-x64"], bin);

        Assert.Equal(70, ended);
        Assert.Contains("zip (zip)", error, StringComparison.Ordinal);
        Assert.Contains("dpkg-deb (dpkg; without it only win-x64 and osx-arm64 can be packaged)", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manual_lists_the_commands_as_help_does()
    {
        string[] listed = [
            .. Regex.Matches(SourceTree.Read("deploy/debian/rescan.1"), @"\.TP\n\.B ([a-z]+)\n(.*)")
            .Select(m => $"{m.Groups[1]}: {m.Groups[2]}")];

        Assert.Equal(RescanCommand.Create().Subcommands.Where(c => !c.Hidden).Select(c => $"{c.Name}: {c.Description}"), listed);
    }

    private async Task<string[]> PackAsync()
    {
        string published = Directory.CreateDirectory(Path.Combine(folder, "published")).FullName;
        foreach (string name in (string[])[
            "rescan", "DurableTask.Core.dll", "libe_sqlite3.so", "rescan.xml", "Rescan.Functions", "Rescan.Functions.dll", "host.json"])
        {
            await File.WriteAllTextAsync(Path.Combine(published, name), "#!/bin/sh\necho stand-in\n");
        }

        return (await RunAsync(Path.Combine(SourceTree.Root, "rescan"), "package", "linux-x64", "--published", published, "--to", Packages))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Where what an administrator enables is linked.</summary>
    private string Wanted => Path.Combine(Root, "etc/systemd/system/multi-user.target.wants");

    private bool IsEnabled() => Directory.Exists(Wanted) && Directory.GetFileSystemEntries(Wanted).Length > 0;

    private string Called() => File.Exists(Calls) ? File.ReadAllText(Calls) : "";

    /// <summary>Programs that only write down how they were called; a root as dpkg wants it, in which systemd runs.</summary>
    private void StandIns()
    {
        string bin = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
        void Write(string name, string body)
        {
            string file = Path.Combine(bin, name);
            File.WriteAllText(file, $"#!/bin/sh\necho \"{name} $*\" >>{Calls}\n{body}\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (string name in (string[])["adduser", "deluser", "deb-systemd-invoke"])
        {
            Write(name, "");
        }

        Write("deb-systemd-helper", "exec /usr/bin/deb-systemd-helper \"$@\"");
        Write("systemctl", $"case \"$*\" in *ActiveState*) cat {Path.Combine(folder, "active-state")} ;; esac");
        Write("install", "for last; do :; done; mkdir -p \"$last\"");
        foreach (string made in (string[])[
            "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc", "run/systemd/system"])
        {
            Directory.CreateDirectory(Path.Combine(Root, made));
        }

        File.WriteAllText(Path.Combine(Root, "var/lib/dpkg/status"), "");
    }

    private Task DpkgAsync(params string[] arguments) => RunAsync(
        "dpkg",
        [$"--root={Root}", "--force-script-chrootless", "--force-depends", "--force-architecture", "--force-not-root", "--log=/dev/null",
            .. arguments]);

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        (int exit, string output, string error) = await EndAsync(program, arguments);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)}: {output}{error}");
        return output;
    }

    private async Task<(int Exit, string Out, string Error)> EndAsync(string program, string[] arguments, string? path = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = path ?? $"{folder}/bin:{start.Environment["PATH"]}:/usr/sbin:/sbin";
        start.Environment["SOURCE_DATE_EPOCH"] = "1700000000";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
