using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescan.Tests.Support;

internal sealed record OtlpSpan(
    string Scope, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes);

internal sealed record OtlpPoint(string Name, string Unit, double Value, IReadOnlyDictionary<string, string> Attributes);

internal sealed record OtlpLog(string Body, string Trace, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// A receiver of OTLP over HTTP with protobuf bodies, which it reads itself by the field numbers of opentelemetry-proto 1.x.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    public ConcurrentQueue<OtlpPoint> Points { get; } = new();

    public ConcurrentQueue<OtlpLog> Logs { get; } = new();

    /// <summary>Everything that came, as it came.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    public ConcurrentDictionary<string, string> Resource { get; } = new();

    public static async Task<OtlpReceiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        OtlpReceiver receiver = new(builder.Build());
        receiver.app.Run(receiver.TakeAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        Bodies.Enqueue(body.ToArray());
        foreach (Field resource in Field.Read(body.ToArray()).Of(1))
        {
            foreach ((string key, string value) in resource.Fields.Of(1).SelectMany(r => Attributes(r.Fields, 1)))
            {
                Resource[key] = value;
            }

            foreach (Field scope in resource.Fields.Of(2))
            {
                string name = scope.Fields.Of(1).Select(s => s.Fields.Text(1)).FirstOrDefault() ?? "";
                foreach (Field item in scope.Fields.Of(2))
                {
                    Take(http.Request.Path, name, item.Fields);
                }
            }
        }

        http.Response.ContentType = "application/x-protobuf";
    }

    private void Take(string path, string scope, IReadOnlyList<Field> item)
    {
        switch (path)
        {
            case "/v1/traces":
                Spans.Enqueue(new OtlpSpan(scope, item.Hex(1), item.Hex(2), item.Hex(4), item.Text(5), Attributes(item, 9)));
                break;
            case "/v1/metrics":
                // A gauge is 5, a sum 7: number points with attributes 7 and a value 4 or 6. A histogram is 9: its
                // points have attributes 9 and a sum 5.
                foreach (Field point in item.Of(5).Concat(item.Of(7)).SelectMany(d => d.Fields.Of(1)))
                {
                    double value = point.Fields.Of(6).Select(f => (double)(long)f.Number)
                        .Concat(point.Fields.Of(4).Select(f => BitConverter.UInt64BitsToDouble(f.Number))).First();
                    Points.Enqueue(new OtlpPoint(item.Text(1), item.Text(3), value, Attributes(point.Fields, 7)));
                }

                foreach (Field point in item.Of(9).SelectMany(d => d.Fields.Of(1)))
                {
                    Points.Enqueue(
                        new OtlpPoint(
                            item.Text(1), item.Text(3), BitConverter.UInt64BitsToDouble(point.Fields.Of(5).First().Number),
                            Attributes(point.Fields, 9)));
                }

                break;
            case "/v1/logs":
                Logs.Enqueue(
                    new OtlpLog(item.Of(5).Select(b => b.Fields.Text(1)).FirstOrDefault() ?? "", item.Hex(9), Attributes(item, 6)));
                break;
        }
    }

    private static Dictionary<string, string> Attributes(IReadOnlyList<Field> fields, int number)
    {
        Dictionary<string, string> attributes = [];
        foreach (Field pair in fields.Of(number))
        {
            IReadOnlyList<Field> value = pair.Fields.Of(2).FirstOrDefault()?.Fields ?? [];
            attributes[pair.Fields.Text(1)] = value.Count == 0
                ? "" : value[0].Id switch
                {
                    1 => value.Text(1),
                    4 => BitConverter.UInt64BitsToDouble(value[0].Number).ToString(System.Globalization.CultureInfo.InvariantCulture),
                    _ =>
                        ((long)value[0].Number).ToString(System.Globalization.CultureInfo.InvariantCulture)
                };
        }

        return attributes;
    }
}

/// <summary>A field of a protobuf message.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Number">Its value, when it is one.</param>
/// <param name="Bytes">Its bytes, when it is text or a message.</param>
internal sealed record Field(int Id, ulong Number, byte[] Bytes)
{
    public IReadOnlyList<Field> Fields => Read(Bytes);

    public static IReadOnlyList<Field> Read(ReadOnlySpan<byte> bytes)
    {
        List<Field> fields = [];
        while (bytes.Length > 0)
        {
            ulong key = Varint(ref bytes);
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add(new Field(number, Varint(ref bytes), []));
                    break;
                case 1:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt64LittleEndian(bytes), []));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    fields.Add(new Field(number, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt32LittleEndian(bytes), []));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new FormatException($"wire type {key & 7}");
            }
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}

internal static class FieldExtensions
{
    public static IEnumerable<Field> Of(this IReadOnlyList<Field> fields, int number) => fields.Where(f => f.Id == number);

    public static string Text(this IReadOnlyList<Field> fields, int number) =>
        fields.Of(number).Select(f => Encoding.UTF8.GetString(f.Bytes)).FirstOrDefault() ?? "";

    public static string Hex(this IReadOnlyList<Field> fields, int number) =>
        fields.Of(number).Select(f => Convert.ToHexStringLower(f.Bytes)).FirstOrDefault() ?? "";
}
