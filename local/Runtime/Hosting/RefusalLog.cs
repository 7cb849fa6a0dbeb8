using Microsoft.Extensions.Logging;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>
/// A line for every refusal; never the query or a header, which may hold keys. What goes beyond so many lines a second is counted and told
/// in one, so that a flood of requests does not become a flood of the log.
/// </summary>
internal sealed class RefusalLog(ILogger log)
{
    private const int LinesPerSecond = 20;
    private readonly Lock gate = new();
    private long second;
    private int lines;

    public void Refused(string method, string path, int status, string client, string traceId)
    {
        int untold = 0;
        lock (gate)
        {
            long now = Environment.TickCount64 / 1000;
            if (now != second)
            {
                untold = Math.Max(0, lines - LinesPerSecond);
                (second, lines) = (now, 0);
            }

            if (++lines > LinesPerSecond)
            {
                return;
            }
        }

        if (untold > 0)
        {
            log.LogWarning("{Count} more requests were refused", untold);
        }

        log.LogWarning("Refused with {Status}: {Method} {Path} from {Client} ({TraceId})", status, method, Clean(path), client, traceId);
    }

    /// <summary>Whoever sends the path must not write lines of their own into the log.</summary>
    private static string Clean(string path) => string.Create(path.Length, path, (text, source) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
        }
    });
}
