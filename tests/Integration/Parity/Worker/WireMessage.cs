using Google.Protobuf;

namespace Rescan.Tests.Integration.Parity.Worker;

/// <summary>
/// A protobuf message by field numbers, since the worker's own message types are internal to it. Knows strings,
/// bytes, messages and whole numbers.
/// </summary>
internal sealed class WireMessage
{
    private readonly List<(int Field, object Value)> fields = [];

    public static WireMessage Parse(ByteString bytes)
    {
        WireMessage message = new();
        CodedInputStream input = bytes.CreateCodedInput();
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            object? value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                _ => input.ReadFixed32(),
            };
            message.fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        return message;
    }

    public WireMessage With(int field, string value) => With(field, ByteString.CopyFromUtf8(value));

    public WireMessage With(int field, WireMessage value) => With(field, value.ToBytes());

    public WireMessage With(int field, ByteString value)
    {
        fields.Add((field, value));
        return this;
    }

    public ByteString ToBytes()
    {
        using MemoryStream memory = new();
        using (CodedOutputStream output = new(memory, leaveOpen: true))
        {
            foreach ((int field, object value) in fields)
            {
                if (value is ByteString bytes)
                {
                    output.WriteTag(field, WireFormat.WireType.LengthDelimited);
                    output.WriteBytes(bytes);
                }
                else
                {
                    output.WriteTag(field, WireFormat.WireType.Varint);
                    output.WriteUInt64(Convert.ToUInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                }
            }
        }

        return ByteString.CopyFrom(memory.ToArray());
    }

    public bool Has(int field) => fields.Exists(f => f.Field == field);

    public string Text(int field) => fields.LastOrDefault(f => f.Field == field).Value is ByteString text ? text.ToStringUtf8() : "";

    public IEnumerable<string> Texts(int field) => fields.Where(f => f.Field == field).Select(f => ((ByteString)f.Value).ToStringUtf8());

    public ulong Number(int field) => fields.LastOrDefault(f => f.Field == field).Value is ulong number ? number : 0;

    public WireMessage Message(int field) => Messages(field).Last();

    public IEnumerable<WireMessage> Messages(int field) => fields.Where(f => f.Field == field).Select(f => Parse((ByteString)f.Value));

    public Dictionary<string, string> Map(int field) => Messages(field).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));
}
