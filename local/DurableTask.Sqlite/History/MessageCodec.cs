using System.Runtime.CompilerServices;
using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>Messages as bytes. The instance that a message belongs to stands in its row.</summary>
internal static class MessageCodec
{
    public static void Write(PayloadWriter w, TaskMessage message)
    {
        w.Text(message.OrchestrationInstance.ExecutionId);
        PartCodec.Write(w, message.OrchestrationExecutionContext?.OrchestrationTags);
        w.Number(message.SequenceNumber);
        EventCodec.Write(w, message.Event);
    }

    public static TaskMessage Read(ReadOnlySpan<byte> bytes, string instanceId)
    {
        PayloadReader r = new(bytes);
        OrchestrationInstance instance = new() { InstanceId = instanceId, ExecutionId = r.Text() };
        Dictionary<string, string>? tags = PartCodec.ReadTags(ref r);
        TaskMessage message = new() { OrchestrationInstance = instance, SequenceNumber = r.Number() };
        if (tags is not null)
        {
            message.OrchestrationExecutionContext = new OrchestrationExecutionContext();
            SetTags(message.OrchestrationExecutionContext, tags);
        }

        message.Event = EventCodec.Read(ref r);
        return message;
    }

    // The library sets it and makes it by a serializer only.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_OrchestrationTags")]
    private static extern void SetTags(OrchestrationExecutionContext context, IDictionary<string, string> tags);
}
