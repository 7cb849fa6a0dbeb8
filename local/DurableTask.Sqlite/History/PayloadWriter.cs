using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace DurableTask.Sqlite;

/// <summary>Bytes in the making. Taken from a pool and returned to it, since every turn makes some.</summary>
internal sealed class PayloadWriter
{
    private const int Pooled = 256;
    private const int MaxPooledBytes = 64 * 1024;
    private static readonly ConcurrentBag<PayloadWriter> Pool = [];
    private byte[] buffer = new byte[1024];

    private PayloadWriter()
    {
    }

    public int Length { get; private set; }

    public static PayloadWriter Rent() => Pool.TryTake(out PayloadWriter? writer) ? writer : new PayloadWriter();

    public void Return()
    {
        Length = 0;
        if (buffer.Length <= MaxPooledBytes && Pool.Count < Pooled)
        {
            Pool.Add(this);
        }
    }

    public ReadOnlySpan<byte> Slice(Range range) => buffer.AsSpan(0, Length)[range];

    public byte[] ToArray() => buffer.AsSpan(0, Length).ToArray();

    public void Byte(int value)
    {
        Room(1);
        buffer[Length++] = (byte)value;
    }

    public void Fixed(long value)
    {
        Room(sizeof(long));
        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(Length), value);
        Length += sizeof(long);
    }

    /// <summary>An integer in as few bytes as it needs; small ones of either sign take one.</summary>
    public void Number(long value)
    {
        Room(10);
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        while (rest >= 0x80)
        {
            buffer[Length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        buffer[Length++] = (byte)rest;
    }

    public void Text(string? value)
    {
        if (value is null)
        {
            Number(-1);
            return;
        }

        int length = Encoding.UTF8.GetByteCount(value);
        Number(length);
        Room(length);
        Length += Encoding.UTF8.GetBytes(value, buffer.AsSpan(Length));
    }

    public void Time(DateTime value) => Fixed(value.Ticks | ((long)value.Kind << 62));

    private void Room(int bytes)
    {
        if (buffer.Length - Length < bytes)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + bytes));
        }
    }
}

/// <summary>Reads what a <see cref="PayloadWriter"/> wrote.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> bytes)
{
    private const long TickBits = 0x3FFF_FFFF_FFFF_FFFF;
    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool AtEnd => rest.IsEmpty;

    public int Byte() => Take(1)[0];

    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public long Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        throw Damaged();
    }

    public int Int32()
    {
        long value = Number();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged();
    }

    public string? Text()
    {
        long length = Number();
        return length switch
        {
            -1 => null,
            < 0 or > int.MaxValue => throw Damaged(),
            _ => Encoding.UTF8.GetString(Take((int)length)),
        };
    }

    public DateTime Time()
    {
        long value = Fixed();
        long ticks = value & TickBits;
        ulong kind = (ulong)value >> 62;
        return ticks <= DateTime.MaxValue.Ticks
            && kind <= (ulong)DateTimeKind.Local ? new DateTime(ticks, (DateTimeKind)kind) : throw Damaged();
    }

    public static InvalidDataException Damaged() => new("a stored event cannot be read");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > rest.Length)
        {
            throw Damaged();
        }

        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
