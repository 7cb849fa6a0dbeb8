using System.Diagnostics;
using Rescan.Local.Cli.Terminal;
using Rescan.Local.Simulator;

namespace Rescan.Tests.Integration.Cli;

/// <summary>The real command on a real terminal.</summary>
public sealed class TerminalTests : IAsyncLifetime
{
    private SimulatedAppliance appliance = null!;

    public async Task InitializeAsync() =>
        appliance = await SimulatedAppliance.StartAsync(new SimulatorOptions { SessionDuration = TimeSpan.FromSeconds(2) }, default);

    public async Task DisposeAsync() => await appliance.DisposeAsync();

    [Theory]
    [InlineData(60, "")]
    [InlineData(120, "")]
    [InlineData(200, "COLUMNS=60")]
    [InlineData(200, "COLUMNS=nonsense")]
    public async Task A_table_fits_the_terminal_or_what_COLUMNS_says(int columns, string environment)
    {
        string[] lines = (await OnTerminalAsync(columns, environment, Options("repositories"))).Split('\n');

        int width = environment == "COLUMNS=60" ? 60 : columns;
        Assert.StartsWith("REPOSITORY", Plain(lines[0]), StringComparison.Ordinal);
        Assert.All(lines, l => Assert.True(Words.Width(Plain(l)) <= width, l));
        Assert.Equal(width >= 120, Plain(lines[0]).Contains("BUCKET AND FOLDER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Colours_are_for_terminals_that_want_them()
    {
        string folder = Directory.CreateTempSubdirectory("rescan-terminal-").FullName;
        try
        {
            string run = Options("run") + " --repository archive --state " + folder;
            Assert.Contains("\u001b[", await OnTerminalAsync(80, "", run), StringComparison.Ordinal);
            Assert.DoesNotMatch("\u001b\\[[0-9;]*[34][0-9]", await OnTerminalAsync(80, "NO_COLOR=1", run));
            string file = Path.Combine(folder, "printed");
            await OnTerminalAsync(80, "", $"{run} >{file} 2>&1");
            Assert.DoesNotContain("\u001b", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("100", 80, 100)]
    [InlineData("5", 80, 20)]
    [InlineData("-3", 80, 80)]
    [InlineData(null, 132, 132)]
    [InlineData(null, 0, 80)]
    [InlineData("", 90, 90)]
    public void Widths_are_sane(string? columns, int terminal, int width) => Assert.Equal(width, Screen.WidthOf(columns, () => terminal));

    private static string Plain(string line) => System.Text.RegularExpressions.Regex.Replace(line, "\u001b(\\[[0-9;?]*[A-Za-z]|[=>])",
        "").TrimEnd('\r');

    private string Options(string command) =>
        $"{command} --base-url {appliance.BaseAddress.AbsoluteUri} --username rescan --thumbprint {appliance.Thumbprint}";

    private static async Task<string> OnTerminalAsync(int columns, string environment, string command)
    {
        string rescan = Path.Combine(AppContext.BaseDirectory, "rescan.dll");
        ProcessStartInfo start = new("script", ["-qec", $"stty cols {columns} rows 40; env {environment} dotnet '{rescan}' {command}",
            "/dev/null"])
        {
            RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        start.Environment["RESCAN_PASSWORD"] = "demo-password";
        start.Environment["Rescan__Polling__Kappa"] = "0.1";
        start.Environment["Rescan__Polling__MinInterval"] = "00:00:00.5";
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        start.Environment.Remove("COLUMNS");
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
