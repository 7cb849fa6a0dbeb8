using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Rescan.Tests.Integration.Cli;

/// <summary><c>rescan demo --open</c> as the process its users run.</summary>
public sealed class DemoPageTests
{
    private const string Prefix = "status page  ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(4, "--open", "--session-duration", "10m")]
    [InlineData(12, "--fleet", "--open", "--session-duration", "10m")]
    public async Task The_demo_prints_the_pages_address_and_serves_it_until_it_is_interrupted(int repositories, params string[] options)
    {
        using Process demo = Process.Start(RescanProcess.Info(["demo", .. options]))!;
        Task<string> errors = demo.StandardError.ReadToEndAsync();
        try
        {
            using CancellationTokenSource limit = new(Patience);
            string? line;
            do
            {
                line = await demo.StandardOutput.ReadLineAsync(limit.Token);
                Assert.True(line is not null, demo.HasExited ? await errors : "no address");
            }
            while (!line.StartsWith(Prefix, StringComparison.Ordinal));

            using HttpClient http = new() { BaseAddress = new Uri(line[Prefix.Length..]) };
            Assert.Contains("<title>Rescan</title>", await http.GetStringAsync(http.BaseAddress, limit.Token), StringComparison.Ordinal);
            JsonElement list = JsonSerializer.Deserialize<JsonElement>(
                await http.GetStringAsync(new Uri("repositories", UriKind.Relative), limit.Token));
            Assert.Equal(repositories, list.GetProperty("items").GetArrayLength());

            using Process interrupt = Process.Start("kill", ["-INT", demo.Id.ToString(CultureInfo.InvariantCulture)]);
            await demo.WaitForExitAsync(limit.Token);
            Assert.Equal(options[0] == "--open" ? 0 : 130, demo.ExitCode);
        }
        finally
        {
            if (!demo.HasExited)
            {
                demo.Kill();
            }
        }
    }
}
