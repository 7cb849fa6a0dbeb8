using System.Diagnostics.CodeAnalysis;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;

namespace Rescan.Local.Runtime.Durable;

/// <summary>JSON as it came: whoever takes it knows the type, and reads it then.</summary>
/// <param name="Text">The JSON; null for nothing at all.</param>
internal sealed record RawJson(string? Text);

/// <summary>The SDK's JSON, and <see cref="RawJson"/> untouched.</summary>
internal sealed class RawJsonConverter : DataConverter
{
    public static RawJsonConverter Instance { get; } = new();

    [return: NotNullIfNotNull(nameof(data))]
    public override object? Deserialize(string? data, Type targetType) =>
        targetType == typeof(RawJson) ? new RawJson(data) : JsonDataConverter.Default.Deserialize(data, targetType);

    [return: NotNullIfNotNull(nameof(value))]
    public override string? Serialize(object? value) => JsonDataConverter.Default.Serialize(value);
}
