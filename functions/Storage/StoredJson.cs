using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rescan.Functions.Storage;

/// <summary>How records are written into rows.</summary>
internal static class StoredJson
{
    // Escapes would make texts in most languages six times as long, and rows have a limit.
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write<T>(T record) => JsonSerializer.Serialize(record, Options);

    public static T Read<T>(TableRow row) => JsonSerializer.Deserialize<T>(row.Value, Options)!;

    public static async Task<T?> GetAsync<T>(this ITable table, string partition, string key, CancellationToken cancellationToken)
        where T : class => await table.GetAsync(partition, key, cancellationToken) is { } row ? Read<T>(row) : null;
}
