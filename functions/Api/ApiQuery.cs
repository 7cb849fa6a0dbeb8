using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Rescan.Functions.Api;

/// <summary>Reads what callers put into the address; whatever is wrong with it is a 400 that says what was expected.</summary>
internal static class ApiQuery
{
    /// <summary>The header that makes a POST safe to repeat.</summary>
    public const string IdempotencyHeader = "Idempotency-Key";

    private const int DefaultLimit = 50;
    private const int LargestLimit = 200;
    private const int LongestText = 512;
    private const int LongestId = 200;

    /// <summary>A value of the query; null when it is missing or empty.</summary>
    public static string? Text(HttpRequest request, string name) => request.Query[name] switch
    {
        { Count: 0 } or [""] => null,
        [{ } value] when value.Length <= LongestText => value,
        { Count: 1 } => throw Refuse($"{name} is longer than {LongestText} characters."),
        _ => throw Refuse($"{name} is given more than once."),
    };

    public static int Number(HttpRequest request, string name, int least, int most, int otherwise) =>
        Text(request, name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw Refuse($"{name} is a whole number from {least} to {most}.");

    public static bool Flag(HttpRequest request, string name) => Text(request, name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Refuse($"{name} is true or false."),
    };

    public static int Limit(HttpRequest request) => Number(request, "limit", 1, LargestLimit, DefaultLimit);

    /// <summary>An id of the query; null when it is missing.</summary>
    public static string? Id(HttpRequest request, string name) =>
        Text(request, name) is not { } text ? null : IsId(text) ? text : throw Refuse($"{name} is malformed.");

    /// <summary>
    /// The key of a request that may be repeated; null when it has none. Quotes around it, as a structured field has them, do not count.
    /// </summary>
    public static string? IdempotencyKey(HttpRequest request) => request.Headers[IdempotencyHeader] switch
    {
        { Count: 0 } => null,
        [{ } text] when text.Trim('"') is { Length: > 0 and <= LongestId } key && key.All(c => c is > ' ' and < '\x7f') => key,
        _ => throw Refuse($"{IdempotencyHeader} is given once, with 1 to {LongestId} printable characters of ASCII."),
    };

    /// <exception cref="RequestRefusedException">The id is not of its form.</exception>
    public static void CheckId(string id, string prefix, string form)
    {
        if (!IsId(id) || !id.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw Refuse($"The id is malformed; ids look like {form}.");
        }
    }

    public static RequestRefusedException Refuse(string reason) => new(StatusCodes.Status400BadRequest, reason);

    private static bool IsId(string text) =>
        text.Length is > 0 and <= LongestId && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
