using System.Globalization;
using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace Rescan.Local.Runtime.Storage;

/// <summary>What a turn sends to other partitions, kept in its own until it is sent.</summary>
internal sealed record Outbox(List<Letter> Letters, List<InstanceRecord> Children);

/// <summary>How keys and long texts are laid out: an instance is a partition, and a text too long for a property is packed, split, or put in a blob.</summary>
internal sealed class AzureRows(BlobContainerClient blobs)
{
    public const string Instance = "i";
    public const string MessagePrefix = "m|";
    public const string OutboxPrefix = "o|";
    public const string AfterOutbox = "p";
    public const string HistoryPrefix = "h|";

    // A property holds 32 Ki characters or 64 KiB, an entity 1 MiB, a transaction 4 MiB; binary values travel a third longer.
    private const int MaxText = 30_000;
    private const int MaxPart = 60_000;
    private const int MaxParts = 6;

    public static string History(long execution, int turn) => string.Create(CultureInfo.InvariantCulture, $"{HistoryPrefix}{execution:x16}|{turn:x8}");

    public static string HistoryOf(long execution) => string.Create(CultureInfo.InvariantCulture, $"{HistoryPrefix}{execution:x16}|");

    public static string Message(long key) => string.Create(CultureInfo.InvariantCulture, $"{MessagePrefix}{key:x16}");

    public static string Outbox(long execution, int turn) => string.Create(CultureInfo.InvariantCulture, $"{OutboxPrefix}{execution:x16}|{turn:x8}|{Guid.NewGuid():N}");

    /// <summary>An id as a partition key, which may not hold every character; prefixes stay prefixes.</summary>
    public static string Encode(string id)
    {
        StringBuilder key = new(id.Length);
        foreach (char c in id)
        {
            if (c is '/' or '\\' or '#' or '?' or '~' or '%' or '\'' or '+' || char.IsControl(c) || c > 126)
            {
                key.Append('~').Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                key.Append(c);
            }
        }

        return key.ToString();
    }

    /// <summary>Where the long texts of an execution are.</summary>
    public static string BlobFolder(string partition, long? execution = null) =>
        execution is { } x ? string.Create(CultureInfo.InvariantCulture, $"large/{partition}/{x:x16}/") : $"large/{partition}/";

    /// <summary>Puts a text into an entity.</summary>
    /// <param name="entity">The entity; its partition names the blob's folder.</param>
    /// <param name="name">The property, or the beginning of the names of its parts.</param>
    /// <param name="text">The text.</param>
    /// <param name="execution">The execution that it belongs to.</param>
    /// <param name="room">Bytes left in the transaction; lessened.</param>
    /// <returns>Whether a blob was written.</returns>
    public async Task<bool> WriteAsync(TableEntity entity, string name, string text, long execution, Room room)
    {
        if (text.Length <= MaxText && room.Take(text.Length * 2))
        {
            entity[name] = text;
            return false;
        }

        byte[] packed = Pack(text);
        if (packed.Length <= MaxParts * MaxPart && room.Take(packed.Length * 4 / 3))
        {
            for (int part = 0; part * MaxPart < packed.Length; part++)
            {
                entity[Part(name, part)] = packed[(part * MaxPart)..Math.Min((part + 1) * MaxPart, packed.Length)];
            }

            return false;
        }

        string blob = BlobFolder(entity.PartitionKey, execution) + Guid.NewGuid().ToString("N");
        await blobs.GetBlobClient(blob).UploadAsync(new BinaryData(packed)).ConfigureAwait(false);
        entity[name + "Blob"] = blob;
        return true;
    }

    /// <summary>Reads a text that <see cref="WriteAsync"/> put.</summary>
    public async Task<string> ReadAsync(TableEntity entity, string name, CancellationToken cancellationToken)
    {
        if (entity.GetString(name) is { } text)
        {
            return text;
        }

        if (entity.GetString(name + "Blob") is { } blob)
        {
            return Unpack((await blobs.GetBlobClient(blob).DownloadContentAsync(cancellationToken).ConfigureAwait(false)).Value.Content.ToArray());
        }

        List<byte> packed = [];
        for (int part = 0; entity.GetBinary(Part(name, part)) is { } bytes; part++)
        {
            packed.AddRange(bytes);
        }

        return packed.Count > 0
            ? Unpack([.. packed])
            : throw new StateStoreException($"The row {entity.PartitionKey}/{entity.RowKey} of the task hub is damaged: it has no {name}.");
    }

    private static string Part(string name, int part) => name + part.ToString(CultureInfo.InvariantCulture);

    private static byte[] Pack(string text)
    {
        using MemoryStream target = new();
        using (BrotliStream pack = new(target, CompressionLevel.Fastest))
        {
            pack.Write(Encoding.UTF8.GetBytes(text));
        }

        return target.ToArray();
    }

    private static string Unpack(byte[] packed)
    {
        using BrotliStream unpack = new(new MemoryStream(packed), CompressionMode.Decompress);
        using StreamReader reader = new(unpack, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Bytes left in a transaction for long texts.</summary>
    public sealed class Room
    {
        private int left = 3_000_000;

        public bool Take(int bytes)
        {
            if (bytes > left)
            {
                return false;
            }

            left -= bytes;
            return true;
        }
    }
}
