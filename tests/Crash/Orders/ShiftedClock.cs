namespace Rescan.Crash.Orders;

/// <summary>A machine's clock, which can be set while time passes as it does.</summary>
internal sealed class ShiftedClock(TimeProvider time) : TimeProvider
{
    private long shift;

    /// <summary>How far it is ahead; negative when behind.</summary>
    public TimeSpan Shift
    {
        get => new(Interlocked.Read(ref shift));
        set => Interlocked.Exchange(ref shift, value.Ticks);
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Shift;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
