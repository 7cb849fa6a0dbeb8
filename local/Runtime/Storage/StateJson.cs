using System.Text.Json.Serialization;
using Microsoft.DurableTask;

namespace Rescan.Local.Runtime.Storage;

/// <summary>How stored values are written; generated, so that starting costs no reflection.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<HistoryEvent>))]
[JsonSerializable(typeof(HistoryEvent))]
[JsonSerializable(typeof(InstanceRecord))]
[JsonSerializable(typeof(Pending))]
[JsonSerializable(typeof(ParentLink))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(InstanceState))]
[JsonSerializable(typeof(TaskFailureDetails))]
[JsonSerializable(typeof(ExportHeader))]
[JsonSerializable(typeof(Outbox))]
[JsonSerializable(typeof(OwnerAddress))]
internal sealed partial class StateJson : JsonSerializerContext;
