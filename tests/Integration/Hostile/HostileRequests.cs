using System.Globalization;
using System.Text;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>
/// Makes up requests as an attacker or a broken client would send them; the same seed gives the same ones. None of
/// them asks for anything that exists.
/// </summary>
internal sealed class HostileRequests(int seed, string key, string hookKey)
{
    private static readonly string[] Paths =
    [
        "/api/rescans", "/api/rescans/rescan-one-x", "/api/rescans/rescan-one-x/log", "/api/runs", "/api/runs/run-x", "/api/repositories/x",
        "/api/hooks/rescan", "/api/hooks/s3",
        "/api/health", "/api/openapi.json", "/api/page/x", "/api/admin", "/admin/host/keys", "/runtime/webhooks/durabletask/instances",
        "/.env", "/api/rescans/%00", "/api/rescans/..%2f..%2fetc%2fpasswd",
        "/api/rescans/%c0%ae%c0%ae/", "/api/../../etc/passwd", "//api//rescans", "/api/rescans/%E2%80%AE",
        "/api/page/..%5c..%5cappsettings.json", "/api/rescans/rescan-'%20OR%201=1--",
    ];

    private static readonly string[] Methods = [
        "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "X"];

    private static readonly string[] Values =
    [
        "", "0", "-1", "99999999999999999999", "1e309", "NaN", "null", "true", "%00", "%0d%0aSet-Cookie:x=1", "'", "\"", "..", "{{7*7}}",
        "${jndi:ldap://x}", "running", "ended", "201", "231", "bm9uc2Vuc2U", "cjE", "cjEuMQ", "cm5vbmU", "ZTE", "ZS0x", "ZQA", "_",
        "%F0%9F%92%A9",
    ];

    private static readonly string[] Hosts = [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:7071", "[::1]", "127.0.0.1", "10.0.0.1", "localhost:99999", "a b",
        ""];

    private static readonly string[] Origins = [
        "https://evil.example", "null", "http://localhost", "http://localhost:1", "file://", "x", "http://localhost.evil.example"];

    private static readonly string[] Names = [
        "state", "limit", "continuationToken", "appliance", "repository", "requestId", "wait", "code", "x"];

    // Whatever is changed in these, they never name an appliance there is, and never a filter alone.
    private static readonly string[] Bodies =
    [
        """{"appliance":"nobody","repository":"nothing"}""",
        """{"appliance":"nobody","repository":"nothing","filter":{"include":["*"],"exclude":[],"bucket":"b","folder":"f"}}""",
        """{"source":"aws.s3","detail-type":"Object Created","time":"2026-03-01T02:00:00Z","detail":{"bucket":{"name":"no-such-bucket"},"object":{"key":"x"}}}""",
        """{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:123456789012:backups","Message":"{}","Timestamp":"2026-03-01T02:00:00Z","SignatureVersion":"2","Signature":"AAAA","SigningCertURL":"https://sns.evil.example/x.pem"}""",
    ];

    private readonly Random random = new(seed);

    /// <summary>A request whole, as it goes over the wire, and whether the server may end the connection over it.</summary>
    public byte[] Next() => random.Next(100) switch
    {
        < 45 => Request("POST", Path(), Body()),
        < 80 => Request(Pick(Methods), Path() + Query(), random.Next(4) == 0 ? Body() : []),
        < 94 => Request("POST", random.Next(2) == 0 ? "/api/rescans" : "/api/hooks/s3", Deep()),
        < 98 => Malformed(),
        _ => Oversized(),
    };

    private string Path() => random.Next(20) == 0 ? "/api/rescans/" + new string('a', random.Next(7000)) : Pick(Paths);

    private string Query()
    {
        StringBuilder query = new();
        for (int i = random.Next(4); i > 0; i--)
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(Pick(Names)).Append('=').Append(Pick(Values));
        }

        return query.ToString();
    }

    private byte[] Body()
    {
        byte[] body = Encoding.UTF8.GetBytes(Pick(Bodies));
        switch (random.Next(8))
        {
            case 0:
                return Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Pick(Bodies))).ToArray();
            case 1:
                return [0xEF, 0xBB, 0xBF, .. body];
            case 2:
                return [];
            case 3:
                return body[..random.Next(body.Length)];
            default:
                for (int i = random.Next(1, 6); i > 0; i--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                return body;
        }
    }

    private byte[] Deep()
    {
        int depth = random.Next(1, 4000);
        string number = new('9', random.Next(1, 3000));
        return Encoding.UTF8.GetBytes(random.Next(6) switch
        {
            0 => new string('[', depth) + new string(']', depth),
            1 => "{\"appliance\":" + string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth + 1),
            2 => $$"""{"appliance":{{number}},"repository":-{{number}}e{{number}}}""",
            3 => "{\"appliance\":\"nobody\",\"appliance\":\"nobody\",\"repository\":\"" + new string('x', random.Next(20_000)) + "\"}",
            4 => """{"appliance":"\ud800","repository":"\u0000\u202e"}""",
            _ => """{"appliance":"nobody","repository":"nothing","__proto__":{"x":1},"$type":"System.Diagnostics.Process"}""",
        });
    }

    private byte[] Request(string method, string path, byte[] body)
    {
        StringBuilder head = new();
        head.Append(method).Append(' ').Append(path).Append(" HTTP/1.1\r\nHost: ").Append(random.Next(10) == 0 ? Pick(Hosts) : "localhost")
            .Append("\r\n");
        if (random.Next(10) == 0)
        {
            head.Append("Origin: ").Append(Pick(Origins)).Append("\r\n");
        }

        string header = random.Next(5) switch
        {
            0 => "x-functions-key: wrong-" + Pick(Values) + "\r\n",
            1 => "",
            _ => "x-functions-key: " + key + "\r\n",
        };
        head.Append(header);
        head.Append(random.Next(6) switch
        {
            0 => "Content-Type: text/xml\r\n",
            1 => "Content-Type: application/json; charset=utf-16\r\n",
            _ => "Content-Type: application/json\r\n",
        });
        head.Append(random.Next(12) switch
        {
            0 => "Idempotency-Key: " + Pick(Values) + random.Next(50).ToString(CultureInfo.InvariantCulture) + "\r\n",
            1 => "x-api-key: " + hookKey + "\r\n",
            2 => "x-api-key: wrong\r\n",
            3 => "webhook-id: m\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,AAAA v1,////\r\n",
            4 => "X-Forwarded-For: 127.0.0.1\r\nX-Original-URL: /admin\r\nForwarded: for=127.0.0.1\r\n",
            5 => "Accept: text/html\r\nAccept-Encoding: gzip;q=9\r\nRange: bytes=0-,5-\r\n",
            6 => string.Concat(Enumerable.Repeat("X-A: " + new string('b', 100) + "\r\n", random.Next(90))),
            _ => "",
        });
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. body];
    }

    private byte[] Oversized()
    {
        int length = (256 * 1024) + random.Next(1, 4096);
        return [.. Encoding.ASCII.GetBytes(
            $"POST /api/rescans HTTP/1.1\r\nHost: localhost\r\nx-functions-key: "
                + $"{key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"), .. new byte[random.Next(2048)]];
    }

    private byte[] Malformed() => Encoding.Latin1.GetBytes(random.Next(12) switch
    {
        0 => "GET /api/health HTTP/9.9\r\nHost: x\r\n\r\n",
        1 => "GET /api/health HTTP/1.1\r\n\r\n",
        2 => "POST /api/rescans HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        3 => "POST /api/rescans HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        4 => "POST /api/rescans HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n\r\n",
        5 => "GET /api/health HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        6 => "GET /api/hea\u0001lth HTTP/1.1\r\nHost: x\r\n\r\n",
        7 => "\r\n\r\n\r\nnonsense\r\n\r\n",
        8 => "GET " + new string('/', 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
        9 => "GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + new string('b', 40_000) + "\r\n\r\n",
        10 => "GET http://elsewhere.example/api/rescans HTTP/1.1\r\nHost: localhost\r\n\r\n",
        _ => new string([.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => (char)random.Next(256))]) + "\r\n\r\n",
    });

    private T Pick<T>(T[] of) => of[random.Next(of.Length)];
}
