using System.Diagnostics;

namespace Rescan.Tests.Integration.Durability;

public sealed class EnduranceTests
{
    /// <summary>
    /// In a process of its own, so that no other test counts into its memory. <c>./test --endurance 10000</c> takes more.
    /// </summary>
    [Fact]
    public async Task Thousands_of_rescans_in_one_process_leave_memory_and_files_as_they_were()
    {
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Rescan.Crash.dll"), "endurance", "2000"])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, said + await errors);
    }
}
