namespace DurableTask.Sqlite;

/// <summary>Keys of rows, counted in memory. Every owner has a range of its own, so that none is given twice.</summary>
internal sealed class Keys(long epoch, long lastInstance)
{
    private const int EpochShift = 36;
    private long row = epoch << EpochShift;
    private long instance = lastInstance;

    public long NextRow() => Interlocked.Increment(ref row);

    public long NextInstance() => Interlocked.Increment(ref instance);
}
