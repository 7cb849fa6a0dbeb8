using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rescan.Tests.Integration.DurableTaskSqlite;

namespace Rescan.Tests.Integration.Contributing;

/// <summary>A request as an .http file has it, with its variables unresolved.</summary>
internal sealed record HttpFileRequest(
    string Title, string? Name, HttpMethod Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, string Body);

/// <summary>An .http file: variables of the file, then requests, each after a line of three number signs.</summary>
internal sealed partial record HttpFile(IReadOnlyDictionary<string, string> Variables, IReadOnlyList<HttpFileRequest> Requests)
{
    public static HttpFile Parse(string text)
    {
        string[] parts = Separator().Split(text.ReplaceLineEndings("\n"));
        return new HttpFile(
            Variable().Matches(parts[0]).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value),
            [.. parts.Skip(1).Select(ParseRequest)]);
    }

    /// <summary>Puts variables, the time and properties of earlier answers where the text names them.</summary>
    /// <exception cref="FormatException">Something is named that there is none of.</exception>
    public static string Resolve(
        string text, IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, JsonElement> answers) =>
        Reference().Replace(text, reference =>
        {
            string name = reference.Groups["name"].Value;
            if (name == "$timestamp")
            {
                return DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            }

            if (variables.TryGetValue(name, out string? value))
            {
                return value;
            }

            return AnswerProperty().Match(name) is { Success: true } property
                && answers.TryGetValue(property.Groups["request"].Value, out JsonElement answer)
                ? answer.GetProperty(property.Groups["property"].Value).GetString()!
                : throw new FormatException($"{reference.Value} is not defined.");
        });

    private static HttpFileRequest ParseRequest(string text)
    {
        string[] lines = text.Split('\n');
        string? name = lines.Select(l => RequestName().Match(l)).FirstOrDefault(m => m.Success)?.Groups["name"].Value;
        string[] request = [.. lines.Skip(1).SkipWhile(l => l.Length == 0 || l.StartsWith('#'))];
        string[] head = [.. request.TakeWhile(l => l.Length > 0)];
        (string method, string target) = head[0].Split(' ') is [var m, var t]
            ? (m, t)
            : throw new FormatException($"'{head[0]}' is not a method and an address.");
        return new HttpFileRequest(
            lines[0].Trim(), name, new HttpMethod(method), target, [.. head.Skip(1).Select(ParseHeader)],
            string.Join('\n', request.Skip(head.Length)).Trim());
    }

    private static (string Name, string Value) ParseHeader(string line) =>
        line.Split(':', 2) is [var name, var value] ? (name, value.Trim()) : throw new FormatException($"'{line}' is not a header.");

    [GeneratedRegex("(?m)^###")]
    private static partial Regex Separator();

    [GeneratedRegex(@"(?m)^@(?<name>\w+) *= *(?<value>.*?) *$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^# @name (?<name>\w+)$")]
    private static partial Regex RequestName();

    [GeneratedRegex(@"\{\{(?<name>[^}]+)\}\}")]
    private static partial Regex Reference();

    [GeneratedRegex(@"^(?<request>\w+)\.response\.body\.\$\.(?<property>\w+)$")]
    private static partial Regex AnswerProperty();
}
