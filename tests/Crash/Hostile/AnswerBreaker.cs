using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Rescan.Crash.Hostile;

/// <summary>Takes an answer that is as the contract has it and breaks one thing in it; the same numbers break the same thing.</summary>
internal static class AnswerBreaker
{
    private const int Huge = 64 * 1024;

    private static readonly int[] Statuses =
        [200, 201, 202, 204, 206, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 418, 422, 423, 425,
            429, 431, 451, 500, 501, 502, 503, 504, 507, 511, 599];

    private static readonly string[] Times =
        ["", "yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2026-02-30T00:00:00", "2026-01-05T01:30:00+25:00",
            "1767576600", "2026-01-05", "2026-01-05T01:30:00Z"];

    private static readonly string[] Waits = [
        "-1", "0", "abc", "1e9", "99999999999999999999", "315360000", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", ""];

    private static readonly string[] Texts = [
        "", " ", "\ud800", "\0", "\u202e", "../../etc/passwd", "a/b#c?d", "<script>", "Succeeded", "SUCCEEDED", "Running", "Bogus", "null"];

    /// <summary>Writes the broken answer.</summary>
    /// <param name="http">The request, whose answer is not under way.</param>
    /// <param name="body">The body that would have been right.</param>
    /// <param name="random">Chooses what breaks.</param>
    /// <returns>The status answered; 0 when the connection was dropped.</returns>
    public static async Task<int> BreakAsync(HttpContext http, byte[] body, Random random)
    {
        HttpResponse response = http.Response;
        response.ContentLength = null;
        switch (random.Next(20))
        {
            case < 11 when Parse(body) is { } json:
                body = BreakJson(json, random);
                break;
            case 11:
                response.StatusCode = Pick(random, Statuses);
                break;
            case 12:
                response.StatusCode = Pick(random, [429, 503, 202, 200]);
                response.Headers.RetryAfter = Pick(random, Waits);
                break;
            case 13:
                body = body[..random.Next(body.Length + 1)];
                break;
            case 14:
                response.ContentType = Pick(
                    random, ["text/html", "application/xml", "application/json; charset=utf-16", "application/octet-stream", ""]);
                break;
            case 15:
                body = Encoding.UTF8.GetBytes(
                    Pick(random,
                        ["", "null", "[]", "true", "0", "\"\"", "{}", "<html><body>502 Bad Gateway</body></html>", "{", "{}{}", "\ufeff{}",
                            new string('[', 10_000)]));
                break;
            case 16:
                body = Spoil(body, random);
                break;
            case 17:
                response.Headers.ContentEncoding = Pick(random, ["gzip", "br", "deflate", "nonsense"]);
                break;
            case 18:
                return await DropAsync(http, body, random);
            default:
                return await FloodAsync(http, body, random);
        }

        // These have no body.
        if (response.StatusCode is not (204 or 304))
        {
            await response.Body.WriteAsync(body, http.RequestAborted);
        }

        return response.StatusCode;
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];

    private static JsonNode? Parse(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject { Count: > 0 } json ? json : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static byte[] BreakJson(JsonNode json, Random random)
    {
        List<(JsonNode Parent, object Key)> places = [];
        Collect(json, places);
        (JsonNode parent, object key) = places[random.Next(places.Count)];
        JsonNode? value = parent is JsonArray list ? list[(int)key] : parent[(string)key];
        switch (random.Next(12))
        {
            case 0:
                Remove(parent, key);
                break;
            case 1:
                Set(parent, key, null);
                break;
            case 2:
                Set(parent, key, JsonValue.Create(Pick(random, Texts)));
                break;
            case 3:
                Set(parent, key, JsonValue.Create(Pick(random, Times)));
                break;
            case 4:
                Set(parent, key, JsonValue.Create(new string('x', Huge)));
                break;
            case 5:
                Set(parent, key, JsonNode.Parse(
                    Pick(random, ["-1", "0", "1e308", "2147483647", "2147483648", "9223372036854775808", "0.5", "-9e99999"])));
                break;
            case 6:
                Set(parent, key, JsonNode.Parse(Pick(random, ["true", "false", "[]", "{}", "[null]", "[[]]"])));
                break;
            case 7:
                // Deeper than any reader takes.
                return Encoding.UTF8.GetBytes("{\"results\":" + new string('[', 200) + new string(']', 200) + "}");
            case 8 when value is not null:
                Set(parent, key, new JsonArray(value.DeepClone(), value.DeepClone()));
                break;
            case 9 when parent is JsonArray array && value is not null:
                for (int i = 0; i < 300; i++)
                {
                    array.Add(value.DeepClone());
                }

                break;
            case 10 when parent is JsonObject named:
                named[Pick(random, ["__proto__", "$type", ((string)key).ToUpperInvariant(), (string)key + " "])] = value?.DeepClone();
                break;
            default:
                Set(parent, key, JsonValue.Create(Guid.NewGuid().ToString()));
                break;
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static void Collect(JsonNode node, List<(JsonNode Parent, object Key)> places)
    {
        if (node is JsonObject named)
        {
            foreach ((string key, JsonNode? value) in named)
            {
                places.Add((node, key));
                if (value is not null)
                {
                    Collect(value, places);
                }
            }
        }
        else if (node is JsonArray list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                places.Add((node, i));
                if (list[i] is { } value)
                {
                    Collect(value, places);
                }
            }
        }
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (parent is JsonArray list)
        {
            list.RemoveAt((int)key);
        }
        else
        {
            parent.AsObject().Remove((string)key);
        }
    }

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (parent is JsonArray list)
        {
            list[(int)key] = value;
        }
        else
        {
            parent[(string)key] = value;
        }
    }

    private static byte[] Spoil(byte[] body, Random random)
    {
        byte[] spoiled = [.. body];
        for (int i = random.Next(1, 6); i > 0 && spoiled.Length > 0; i--)
        {
            spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
        }

        return spoiled;
    }

    private static async Task<int> DropAsync(HttpContext http, byte[] body, Random random)
    {
        if (random.Next(2) == 0)
        {
            http.Response.ContentLength = body.Length + 1000;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }

        http.Abort();
        return 0;
    }

    /// <summary>Far more than any answer has: blanks before it, headers beside it, or items without end.</summary>
    private static async Task<int> FloodAsync(HttpContext http, byte[] body, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                for (int i = 0; i < 200; i++)
                {
                    http.Response.Headers["X-" + i.ToString(CultureInfo.InvariantCulture)] = new string('h', 1000);
                }

                break;
            case 1:
                byte[] blanks = Encoding.ASCII.GetBytes(new string(' ', Huge));
                for (int sent = 0; sent < 128; sent++)
                {
                    await http.Response.Body.WriteAsync(blanks, http.RequestAborted);
                }

                break;
            default:
                byte[] items = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{},", Huge / 3)));
                await http.Response.Body.WriteAsync("{\"log\":["u8.ToArray(), http.RequestAborted);
                for (int sent = 0; sent < 128; sent++)
                {
                    await http.Response.Body.WriteAsync(items, http.RequestAborted);
                }

                break;
        }

        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        return http.Response.StatusCode;
    }
}
