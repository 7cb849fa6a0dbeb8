using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Local.Cli;
using Rescan.Local.Cli.Errors;
using Rescan.Local.Cli.Terminal;
using Rescan.Tests.Integration.Runtime.Hosting;

namespace Rescan.Tests.Integration.Cli;

/// <summary>What a person reads when something is wrong: short, in words, and last on the screen.</summary>
public sealed partial class ErrorMessageTests
{
    [Theory]
    [InlineData("statsu", "rescan: 'rescan' has no command 'statsu'. Did you mean 'status'?\nSee 'rescan --help'.")]
    [InlineData("zzz", "rescan: 'rescan' has no command 'zzz'.\nSee 'rescan --help'.")]
    [InlineData("run --repositry archive",
        "rescan: 'rescan run' has no option '--repositry'. Did you mean '--repository'?\nSee 'rescan run --help'.")]
    [InlineData("state prun", "rescan: 'rescan state' has no command 'prun'. Did you mean 'prune'?\nSee 'rescan state --help'.")]
    [InlineData("state", "rescan: 'rescan state' needs a command: export, import, prune.\nSee 'rescan state --help'.")]
    [InlineData("state prune", "rescan: 'rescan state prune' needs --older-than.\nSee 'rescan state prune --help'.")]
    [InlineData("run", "rescan: 'rescan run' needs --repository, --base-url, --username.\nSee 'rescan run --help'.")]
    [InlineData("log", "rescan: 'rescan log' needs ID.\nSee 'rescan log --help'.")]
    [InlineData("history more", "rescan: 'rescan history' does not know what to do with 'more'.\nSee 'rescan history --help'.")]
    [InlineData("history --limit x", "rescan: --limit 'x' is not a whole number.\nSee 'rescan history --help'.")]
    [InlineData("history --limit 0", "rescan: --limit 0 is too small; 1 is the least.\nSee 'rescan history --help'.")]
    [InlineData("simulate --port 65536", "rescan: --port 65536 is not one of 0 to 65535.\nSee 'rescan simulate --help'.")]
    [InlineData("report --format txt",
        "rescan: --format 'txt' is not one of csv, html, json, md, text. Did you mean 'text'?\nSee 'rescan report --help'.")]
    [InlineData("completion bsh",
        "rescan: SHELL 'bsh' is not one of bash, fish, pwsh, zsh. Did you mean 'bash'?\nSee 'rescan completion --help'.")]
    [InlineData("status --output",
        "rescan: --output needs a value: text for people, json for programs (one object on stdout).\nSee 'rescan status --help'.")]
    [InlineData("state prune --older-than 1", "rescan: --older-than '1' is a number without a unit; write 45s, 2m, 1h, 30d or 00:00:45.")]
    [InlineData("history --since 7", "rescan: --since '7' is a number without a unit; write 45s, 2m, 1h, 30d or 00:00:45.")]
    [InlineData("report --since soon", "rescan: --since 'soon' is not a duration; write 45s, 2m, 1h, 30d or 00:00:45.")]
    public async Task A_wrong_command_line_is_told_in_a_line_or_two(string typed, string said)
    {
        Ended ended = await RescanProcess.RunAsync(typed.Split(' '));

        Assert.Equal((64, "", said), (ended.Exit, ended.Out, ended.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("state prune")]
    [InlineData("history --outcome")]
    public void No_error_of_the_parser_names_a_type(string words)
    {
        RootCommand root = RescanCommand.Create();
        IEnumerable<Option> options = root.Parse(words).CommandResult.Command.Options.Where(o => o.ValueType != typeof(bool));

        Assert.All(options, o => Assert.All((string[])["", "x", "-1", "1 2 3", "x --bogus"], value =>
        {
            ParseResult parse = root.Parse($"{words} {o.Name} {value}");
            string said = parse.Errors.Count > 0 ? UsageErrors.Of(parse).Message : "";
            Assert.DoesNotMatch(DotNet(), said);
            Assert.True(said.Count(c => c == '\n') <= 1, said);
        }));
    }

    public static TheoryData<Exception, int, string> Exceptions => new()
    {
        { new IOException("Failed to bind to address http://127.0.0.1:7071: address already in use.",
            new InvalidOperationException("x", new SocketException((int)SocketError.AddressAlreadyInUse))), 78,
            "http://127.0.0.1:7071 is in use by another program. Stop that one, or listen elsewhere with --url or --port." },
        { new HttpRequestException("The SSL connection could not be established, see inner exception.",
            new AuthenticationException("The remote certificate is invalid: RemoteCertificateNameMismatch")), 7,
            "The remote certificate is invalid: RemoteCertificateNameMismatch." },
        { new HttpRequestException("Connection refused (127.0.0.1:1)", new SocketException((int)SocketError.ConnectionRefused)), 7,
        "Connection refused." },
        { new AggregateException(new AggregateException(new UnauthorizedAccessException("Access to the path '/srv/rescan/x' is denied."))), 78,
        "Access to the path '/srv/rescan/x' is denied." },
        { new InvalidOperationException("An error occurred, see the inner exception for details.",
            new IOException("No space left on device")), 78, "No space left on device." },
        { new OperationCanceledException(), 130, "Interrupted." },
        { new IOException("The file cannot be opened: Not a directory.. Check its rights."), 78,
        "The file cannot be opened: Not a directory. Check its rights." },
        { new InvalidCastException("Object reference not set to an instance of an object."), 70,
        "This is a fault of Rescan: Object reference not set to an instance of an object.\nThe same command with RESCAN_TRACE=1 in its "
            + "environment prints what a report of it needs." },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void An_exception_is_told_by_its_cause(Exception e, int exit, string said)
    {
        ErrorMessage message = ErrorMessage.Of(e);

        Assert.Equal((exit, said), (message.ExitCode, message.Text));
        using StringWriter narrow = new();
        message.Print(Screen.Plain(narrow, 60));
        Assert.All(narrow.ToString().TrimEnd().Split('\n'), l => Assert.True(l.Length <= 60, l));
    }

    [Theory]
    [InlineData("{ \"Values\": {\n  \"A\": \"1\"\n  \"B\": 2 } }", "line 3")]
    [InlineData("{ \"Values\": [] }", "has no object \"Values\"")]
    [InlineData("[]", "has no object \"Values\"")]
    [InlineData("", "line 1")]
    public async Task A_bad_settings_file_is_named_with_the_line(string text, string said)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text);
            Ended ended = await RescanProcess.RunAsync(["notify", "--test", "--settings", file]);

            Assert.Equal(78, ended.Exit);
            Assert.Contains(file, ended.Error, StringComparison.Ordinal);
            Assert.Contains(said, ended.Error, StringComparison.Ordinal);
            Assert.DoesNotMatch(DotNet(), ended.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("{ \"faults\": [ { \"name\": \"throttled\", \"nmae\": 1 } ] }")]
    [InlineData("{ \"faults\": [ { \"name\": \"throttled\", \"times\": \"x\" } ] }")]
    [InlineData("{ \"faults\": 1 }")]
    [InlineData("{")]
    public async Task A_bad_scenario_is_told_without_types(string text)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text);
            Ended ended = await RescanProcess.RunAsync(["demo", "--scenario", file]);

            Assert.Equal(64, ended.Exit);
            Assert.Contains(file, ended.Error, StringComparison.Ordinal);
            Assert.DoesNotMatch(DotNet(), ended.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("serve --url http://127.0.0.1:PORT")]
    [InlineData("simulate --port PORT")]
    public async Task A_port_in_use_is_one_line(string command)
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        string folder = Directory.CreateTempSubdirectory("rescan-port-").FullName;
        string port = ((IPEndPoint)taken.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            Ended ended = await RescanProcess.RunAsync(
                [.. command.Replace("PORT", port, StringComparison.Ordinal).Split(' '), "--state", Path.Combine(folder, "state")], null,
                ("Rescan__Appliances__0__Name", "demo"), ("Rescan__Appliances__0__BaseUrl", "https://127.0.0.1:1"),
                ("Rescan__Appliances__0__Username", "rescan"),
                ("Rescan__Appliances__0__Password", "demo-password"));

            Assert.Equal((78, ""), (ended.Exit, ended.Out));
            Assert.Matches($@"^rescan: https?://127\.0\.0\.1:{port} is in use by another program\.[^\n]*\n$", ended.Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Json_is_told_by_its_line() => Assert.Equal(
        "'}' is an invalid start of a value (line 2).", ErrorMessage.Reason(Assert.ThrowsAny<JsonException>(() =>
            JsonDocument.Parse("{ \"a\":\n}"))));

    /// <summary>Names of types, stack traces, and pointers to what is not shown.</summary>
    [GeneratedRegex(@"System\.|Microsoft\.|Rescan\.(Functions|Local)|Exception|inner exception|   at |LineNumber|\.NET|NullReference",
        RegexOptions.IgnoreCase)]
    private static partial Regex DotNet();
}
