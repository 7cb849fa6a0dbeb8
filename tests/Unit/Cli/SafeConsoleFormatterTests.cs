using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rescan.Local.Cli;

namespace Rescan.Tests.Unit.Cli;

public sealed class SafeConsoleFormatterTests
{
    [Theory]
    [InlineData(LogLevel.Information, "02:10:03  one two")]
    [InlineData(LogLevel.Warning, "02:10:03  warning: one two")]
    [InlineData(LogLevel.Error, "02:10:03  error: one two")]
    public void A_line_says_when_how_bad_and_what(LogLevel level, string expected)
    {
        FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 2, 10, 3, TimeSpan.Zero));
        time.SetLocalTimeZone(TimeZoneInfo.Utc);
        using StringWriter written = new();

        new SafeConsoleFormatter(time).Write(
            new LogEntry<string>(level, "Rescan.Category", 1, "one two", null, (s, _) => s), null, written);

        Assert.Equal(expected + Environment.NewLine, written.ToString());
    }
}
