using System.Globalization;
using DurableTask.Core;
using DurableTask.Core.Tracing;
using Newtonsoft.Json;

namespace DurableTask.Sqlite;

/// <summary>What events and messages are made of, as bytes. A byte says first whether a part is there.</summary>
internal static class PartCodec
{
    public static void Write(PayloadWriter w, IDictionary<string, string>? tags)
    {
        if (tags is null)
        {
            w.Number(-1);
            return;
        }

        w.Number(tags.Count);
        foreach ((string key, string value) in tags)
        {
            w.Text(key);
            w.Text(value);
        }
    }

    public static Dictionary<string, string>? ReadTags(ref PayloadReader r)
    {
        int count = r.Int32();
        if (count < 0)
        {
            return null;
        }

        Dictionary<string, string> tags = [];
        for (int i = 0; i < count; i++)
        {
            string key = r.Text()!;
            tags[key] = r.Text()!;
        }

        return tags;
    }

    public static void Write(PayloadWriter w, DistributedTraceContext? trace)
    {
        w.Byte(trace is null ? 0 : 1);
        if (trace is not null)
        {
            w.Text(trace.TraceParent);
            w.Text(trace.TraceState);
            w.Text(trace.Id);
            w.Text(trace.SpanId);
            w.Text(trace.ActivityStartTime?.ToString("O", CultureInfo.InvariantCulture));
        }
    }

    public static DistributedTraceContext? ReadTrace(ref PayloadReader r) =>
        r.Byte() == 0 ? null : new DistributedTraceContext(r.Text()!, r.Text())
        {
            Id = r.Text(),
            SpanId = r.Text(),
            ActivityStartTime = r.Text() is { } time ? Moment(time) : null,
        };

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time) ? time
            : throw PayloadReader.Damaged();

    public static void Write(PayloadWriter w, FailureDetails? failure)
    {
        w.Byte(failure is null ? 0 : 1);
        if (failure is not null)
        {
            w.Text(failure.ErrorType);
            w.Text(failure.ErrorMessage);
            w.Text(failure.StackTrace);
            Write(w, failure.InnerFailure);
            w.Byte(failure.IsNonRetriable ? 1 : 0);
            w.Text(failure.Properties is null ? null : JsonConvert.SerializeObject(failure.Properties));
        }
    }

    public static FailureDetails? ReadFailure(ref PayloadReader r)
    {
        if (r.Byte() == 0)
        {
            return null;
        }

        (string? type, string? message, string? stack) = (r.Text(), r.Text(), r.Text());
        FailureDetails? inner = ReadFailure(ref r);
        bool final = r.Byte() != 0;
        return new FailureDetails(
            type!, message!, stack, inner, final, r.Text() is { } properties
                ? (Dictionary<string, object?>)OtherEvents.FromJson(properties, typeof(Dictionary<string, object?>)) : null);
    }

    public static void Write(PayloadWriter w, OrchestrationInstance? instance)
    {
        w.Byte(instance is null ? 0 : 1);
        if (instance is not null)
        {
            w.Text(instance.InstanceId);
            w.Text(instance.ExecutionId);
        }
    }

    public static OrchestrationInstance? ReadInstance(ref PayloadReader r) =>
        r.Byte() == 0 ? null : new OrchestrationInstance { InstanceId = r.Text(), ExecutionId = r.Text() };

    public static void Write(PayloadWriter w, ParentInstance? parent)
    {
        w.Byte(parent is null ? 0 : 1);
        if (parent is not null)
        {
            w.Text(parent.Name);
            w.Text(parent.Version);
            w.Number(parent.TaskScheduleId);
            Write(w, parent.OrchestrationInstance);
        }
    }

    public static ParentInstance? ReadParent(ref PayloadReader r) => r.Byte() == 0 ? null : new ParentInstance
    {
        Name = r.Text(),
        Version = r.Text(),
        TaskScheduleId = r.Int32(),
        OrchestrationInstance = ReadInstance(ref r),
    };
}
