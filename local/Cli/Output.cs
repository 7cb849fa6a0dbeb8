using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rescan.Local.Cli;

/// <summary>What the command prints: results on stdout, progress and errors on stderr.</summary>
internal static class Output
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly Lazy<IAnsiConsole> OnError = new(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>The console on stderr.</summary>
    public static IAnsiConsole Terminal => OnError.Value;

    public static Option<string> Option() => new Option<string>("--output", "-o")
    {
        Description = "text for people, json for programs (one object on stdout)", DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("text", "json");

    public static void PrintJson(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    public static void Step(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss}  {text}"));

    public static void Print(RunResult result, bool json)
    {
        if (json)
        {
            PrintJson(result);
        }
        else
        {
            Summary(AnsiConsole.Console, result, boxed: !Console.IsOutputRedirected);
        }
    }

    /// <summary>The end of a rescan as people read it.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="result">The rescan.</param>
    /// <param name="boxed">A box fitted to the terminal; else plain lines, which programs can cut.</param>
    public static void Summary(IAnsiConsole console, RunResult result, bool boxed)
    {
        List<(string Name, string Value, string? Color)> rows = [("outcome", result.Outcome.ToString(), ColorOf(result.Outcome) + " bold")];
        if (result.Reason is { } reason)
        {
            rows.Add(("reason", reason, null));
        }

        rows.Add(("repository", $"{result.Repository.Name} on {result.Appliance}", null));
        rows.Add(("session", result.SessionId ?? "none was started", null));
        rows.Add(("duration", string.Create(CultureInfo.InvariantCulture, $"{result.DurationSeconds:0.0} s"), null));
        foreach (SessionLogItem item in Findings.Of(result.Log))
        {
            rows.Add(("log says", item.Message, item.Status switch { "Warning" => "yellow", "Error" => "red", _ => null }));
        }

        RequestCounts sent = result.Requests;
        rows.Add(("polls", result.Polls.ToString(CultureInfo.InvariantCulture), null));
        rows.Add(("requests", string.Create(
            CultureInfo.InvariantCulture,
            $"token {sent.Token}, repositories {sent.Repositories}, rescan {sent.Rescan}, session {sent.Session}, log {sent.Log}, stop {sent.Stop}, other {sent.Other}"), null));
        if (!boxed)
        {
            foreach ((string name, string value, _) in rows)
            {
                console.Profile.Out.Writer.WriteLine($"{name,-10}  {value}");
            }

            return;
        }

        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        string? before = null;
        foreach ((string name, string value, string? color) in rows)
        {
            IRenderable shown = new Text(value, color is null ? Style.Plain : Style.Parse(color));
            grid.AddRow(new Text(name == before ? "" : name, Style.Parse("bold")), shown);
            before = name;
        }

        console.Write(new Panel(grid).Header($" {Markup.Escape(result.Id)} ").RoundedBorder());
    }

    private static string ColorOf(Outcome outcome) => outcome switch { Outcome.Succeeded => "green", Outcome.Warning or Outcome.Canceled => "yellow", _ => "red" };
}
