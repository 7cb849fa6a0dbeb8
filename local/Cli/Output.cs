using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Appliances;
using Rescan.Functions.Display;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rescan.Local.Cli;

/// <summary>What the command prints: results on stdout, progress and errors on stderr.</summary>
internal static class Output
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = SafeJsonEncoder.Instance,
        Converters = { new JsonStringEnumConverter() },
    };

    public static Option<string> Option() => new Option<string>("--output", "-o")
    {
        HelpName = "FORMAT",
        Description = "text for people, json for programs (one object on stdout)", DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("text", "json");

    public static void PrintJson(object value) => Console.Out.WriteLine(ToJson(value));

    /// <summary>JSON for programs that a person may look at in a terminal.</summary>
    public static string ToJson(object value) => JsonSerializer.Serialize(value, Json);

    /// <summary>A line of progress with its time.</summary>
    public static void Step(string text)
    {
        string time = DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture) + "  ";
        Screen.Error.Say(time + text.ReplaceLineEndings(" "), time.Length);
    }

    public static void Print(RunResult result, bool json)
    {
        if (json)
        {
            PrintJson(result);
        }
        else
        {
            Summary(Screen.Out, result);
        }
    }

    /// <summary>The end of a rescan as people read it.</summary>
    /// <param name="screen">A terminal gets a box that fits it, a pipe plain lines that programs can cut.</param>
    /// <param name="result">The rescan.</param>
    public static void Summary(Screen screen, RunResult result)
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
        if (screen.Width is null)
        {
            foreach ((string name, string value, _) in rows)
            {
                screen.Console.Profile.Out.Writer.WriteLine($"{name,-10}  {Words.Line(value)}");
            }

            return;
        }

        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        string? before = null;
        foreach ((string name, string value, string? color) in rows)
        {
            IRenderable shown = new Text(Words.Line(value), color is null ? Style.Plain : Style.Parse(color));
            grid.AddRow(new Text(name == before ? "" : name, Style.Parse("bold")), shown);
            before = name;
        }

        screen.Console.Write(
            new Panel(grid).Header($" {Markup.Escape(Words.Cut(Words.Line(result.Id), screen.Width.Value - 6))} ").RoundedBorder());
    }

    private static string ColorOf(Outcome outcome) =>
        outcome switch { Outcome.Succeeded => "green", Outcome.Warning or Outcome.Canceled => "yellow", _ => "red" };
}
