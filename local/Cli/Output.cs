using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rescan.Functions.Appliance;
using Rescan.Functions.Outcomes;
using Spectre.Console;

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

    public static Option<string> Option() => new Option<string>("--output", "-o")
    {
        Description = "text for people, json for programs (one object on stdout)", DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("text", "json");

    public static void PrintJson(object value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    public static void Step(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss}  {text}"));

    public static void Summary(RescanOutcome outcome)
    {
        string color = outcome.Outcome switch { Outcome.Succeeded => "green", Outcome.Warning or Outcome.Canceled => "yellow", _ => "red" };
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string name, string value) => grid.AddRow(new Markup($"[bold]{name}[/]"), new Text(value));
        grid.AddRow(new Markup("[bold]outcome[/]"), new Markup($"[{color} bold]{outcome.Outcome}[/]"));
        if (outcome.Reason is { } reason)
        {
            Row("reason", reason);
        }

        Row("repository", $"{outcome.Repository.Name} on {outcome.Appliance}");
        Row("session", outcome.SessionId ?? "none");
        Row("duration", string.Create(CultureInfo.InvariantCulture, $"{outcome.DurationSeconds:0.0} s"));
        if (outcome.Log.Count > 0)
        {
            Row("log says", outcome.Log[^1].Message);
        }

        RequestTally sent = outcome.Requests;
        Row("polls", outcome.Polls.ToString(CultureInfo.InvariantCulture));
        Row("requests", string.Create(
            CultureInfo.InvariantCulture,
            $"token {sent.Token}, repositories {sent.Repositories}, rescan {sent.Rescan}, session {sent.Session}, log {sent.Log}, stop {sent.Stop}, other {sent.Other}"));
        AnsiConsole.Write(new Panel(grid).Header($" {outcome.Id} ").RoundedBorder());
    }
}
