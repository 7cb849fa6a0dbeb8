using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rescan.Bench.Reports;
using static Rescan.Bench.Reports.Markdown;

namespace Rescan.Bench.Startup;

/// <summary>How long the <c>rescan</c> command takes to begin, as its users start it.</summary>
internal static class StartupCommand
{
    /// <summary>An argument on which this program ends at once: what the .NET runtime alone takes to start.</summary>
    public const string Nothing = "nothing";

    private const int Repetitions = 9;

    /// <summary>Runs it and writes the section "startup".</summary>
    public static async Task RunAsync(string docs)
    {
        string rescan = Path.Combine(docs, "..", "rescan");

        // The launcher builds what has changed; that is not what is measured.
        await HelpAsync(rescan);
        List<double> nothing = [];
        List<double> help = [];
        List<double> serve = [];
        for (int i = 0; i < Repetitions; i++)
        {
            nothing.Add(await EndAsync(
                Start(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
                    ? [typeof(StartupCommand).Assembly.Location, Nothing] : [Nothing])));
            help.Add(await HelpAsync(rescan));
            serve.Add(await ServeAsync(rescan));
        }

        StringBuilder text = new();
        text.Append(Format($"Medians of {Repetitions} interleaved runs, from the start of the process.\n\n"));
        Table(text, ["", "ms", "fastest, ms", "times an empty .NET program"],
        [
            Row("an empty .NET program", nothing, nothing), Row("`./rescan --help`", help, nothing),
            Row("`./rescan serve`, to the first answer over HTTP, on a new state", serve, nothing),
        ]);
        Goal.Table(text,
        [
            Goal.AtMost("`rescan --help`, at most 150 ms", Median(help), 150, " ms"),
            Goal.AtMost("first request of `rescan serve`, at most 1,000 ms", Median(serve), 1000, " ms"),
        ]);
        Page.Write(Path.Combine(docs, "performance.md"), "startup", text.ToString());
    }

    private static string[] Row(string what, List<double> times, List<double> nothing) =>
        [what, Format($"{Median(times):0}"), Format($"{times.Min():0}"), Format($"{Median(times) / Median(nothing):0.0}")];

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static Task<double> HelpAsync(string rescan) => EndAsync(Start(rescan, ["--help"]));

    private static async Task<double> EndAsync((Process Process, long Started) run)
    {
        using Process process = run.Process;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        double took = Stopwatch.GetElapsedTime(run.Started).TotalMilliseconds;
        return process.ExitCode == 0
            ? took : throw new InvalidOperationException($"{process.StartInfo.FileName} ended with {process.ExitCode}: {errors}");
    }

    private static async Task<double> ServeAsync(string rescan)
    {
        string state = Directory.CreateTempSubdirectory("rescan-bench-").FullName;
        int port = FreePort();
        (Process process, long started) = Start(rescan, ["serve", "--state", state, "--url", Format($"http://127.0.0.1:{port}")]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        try
        {
            using HttpClient http = new();
            while (true)
            {
                try
                {
                    using HttpResponseMessage answer = await http.GetAsync(new Uri(Format($"http://127.0.0.1:{port}/api/rescans")));
                    answer.EnsureSuccessStatusCode();
                    return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                }
                catch (HttpRequestException) when (!process.HasExited)
                {
                    await Task.Delay(2);
                }
            }
        }
        catch (HttpRequestException)
        {
            throw new InvalidOperationException($"rescan serve did not answer: {await errors}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            await Task.WhenAll(output, errors);
            process.Dispose();
            Directory.Delete(state, recursive: true);
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static (Process Process, long Started) Start(string program, string[] arguments)
    {
        ProcessStartInfo info = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["Rescan__Appliances__0__Name"] = "appliance-1";
        info.Environment["Rescan__Appliances__0__BaseUrl"] = "https://127.0.0.1:11005";
        info.Environment["Rescan__Appliances__0__Username"] = "rescan";
        info.Environment["Rescan__Appliances__0__Password"] = "not asked for at the start";
        long started = Stopwatch.GetTimestamp();
        return (Process.Start(info)!, started);
    }
}
