using System.Reflection;
using DurableTask.Core;
using DurableTask.Core.History;
using DurableTask.Core.Tracing;
using DurableTask.Sqlite;
using Newtonsoft.Json;

namespace Rescan.Tests.Unit.DurableTaskSqlite;

/// <summary>Every event of the library, with every property set and with none, comes back as it was stored.</summary>
public sealed class EventCodecTests
{
    public static TheoryData<Type> EventTypes() => [.. HistoryEvent.KnownTypes()];

    [Theory]
    [MemberData(nameof(EventTypes))]
    public void Every_event_comes_back_with_all_it_had(Type type)
    {
        HistoryEvent e = (HistoryEvent)Fill.Make(type, 0);
        Assert.All(
            Fill.Members(type).Where(m => e is not ContinueAsNewEvent || m.Name != nameof(ExecutionCompletedEvent.FailureDetails)),
            m => Assert.NotEqual(Fill.Default(Fill.TypeOf(m)), Fill.Get(m, e)));
        Assert.Equal(Json(e), Json(RoundTrip(e)));
        Assert.IsType(type, RoundTrip(e));
    }

    [Theory]
    [MemberData(nameof(EventTypes))]
    public void Every_event_comes_back_with_nothing_in_it(Type type)
    {
        HistoryEvent e = (HistoryEvent)Fill.MakeEmpty(type);
        Assert.Equal(Json(e), Json(RoundTrip(e)));
    }

    [Fact]
    public void A_message_comes_back_with_its_instance_and_tags()
    {
        TaskMessage message = new()
        {
            OrchestrationInstance = new OrchestrationInstance { InstanceId = "instance", ExecutionId = "execution" },
            SequenceNumber = 7,
            Event = new TaskScheduledEvent(3, "name", "version", "input"),
            OrchestrationExecutionContext =
                JsonConvert.DeserializeObject<OrchestrationExecutionContext>("""{"OrchestrationTags":{"a":"b"}}"""),
        };
        PayloadWriter payload = PayloadWriter.Rent();
        MessageCodec.Write(payload, message);
        Assert.Equal(Json(message), Json(MessageCodec.Read(payload.Slice(..), "instance")));
    }

    [Fact]
    public void A_history_keeps_the_place_of_the_start_event()
    {
        ExecutionStartedEvent start = (ExecutionStartedEvent)Fill.Make(typeof(ExecutionStartedEvent), 0);
        List<HistoryEvent> events =
            [new OrchestratorStartedEvent(-1), start, new TaskCompletedEvent(-1, 2, ""), new OrchestratorCompletedEvent(-1)];
        PayloadWriter payload = PayloadWriter.Rent();
        EventCodec.WriteHistory(payload, events);
        List<HistoryEvent> read = [];
        EventCodec.ReadHistory(payload.Slice(..), start, read);
        Assert.Equal(Json(events), Json(read));
        PayloadWriter row = PayloadWriter.Rent();
        EventCodec.WriteStartWithoutInput(row, start);
        Assert.Equal(Json(start), Json(StartRows.Read(row.Slice(..), start.Input)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(63)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Numbers_of_every_size_come_back(long number)
    {
        PayloadWriter payload = PayloadWriter.Rent();
        payload.Number(number);
        PayloadReader reader = new(payload.Slice(..));
        Assert.Equal(number, reader.Number());
        Assert.True(reader.AtEnd);
    }

    [Fact]
    public void Any_cut_of_a_stored_event_is_an_error_and_not_another_event()
    {
        PayloadWriter payload = PayloadWriter.Rent();
        EventCodec.Write(payload, (HistoryEvent)Fill.Make(typeof(ExecutionStartedEvent), 0));
        byte[] whole = payload.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Assert.Throws<InvalidDataException>(() =>
            {
                PayloadReader reader = new(cut);
                EventCodec.Read(ref reader);
            });
        }
    }

    private static HistoryEvent RoundTrip(HistoryEvent e)
    {
        PayloadWriter payload = PayloadWriter.Rent();
        EventCodec.Write(payload, e);
        PayloadReader reader = new(payload.Slice(..));
        HistoryEvent read = EventCodec.Read(ref reader);
        Assert.True(reader.AtEnd);
        payload.Return();
        return read;
    }

    private static string Json(object value) => JsonConvert.SerializeObject(value, Formatting.Indented);
}

/// <summary>Objects with a value of their own in every member that the library stores.</summary>
internal static class Fill
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static IEnumerable<MemberInfo> Members(Type type) => type.GetMembers(BindingFlags.Instance | BindingFlags.Public)
        .Where(m => m is FieldInfo or PropertyInfo { CanRead: true } && m.Name is not ("ExtensionData" or "EventType"));

    public static Type TypeOf(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    public static object? Get(MemberInfo member, object of) =>
        member is FieldInfo field ? field.GetValue(of) : ((PropertyInfo)member).GetValue(of);

    public static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    public static object MakeEmpty(Type type)
    {
        ConstructorInfo constructor =
            type.GetConstructors(All).Where(c => c.GetParameters().All(p => p.ParameterType != type)).MinBy(c => c.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(p => Default(p.ParameterType))]);
    }

    public static object Make(Type type, int depth)
    {
        if (type == typeof(FailureDetails))
        {
            return new FailureDetails(
                "type", "message", "stack", depth < 2 ? (FailureDetails)Make(type, depth + 1)
                    : null, true, new Dictionary<string, object?> { ["a"] = "b", ["n"] = 5L, ["z"] = null });
        }

        if (type == typeof(DistributedTraceContext))
        {
            return new DistributedTraceContext(
                "00-trace", "state")
            {
                Id = "id", SpanId = "span",
                ActivityStartTime = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2))
            };
        }

        if (type == typeof(ContinueAsNewEvent))
        {
            // It says what it is by its type: the status never differs, and there is no failure.
            return new ContinueAsNewEvent(4, "result") { IsPlayed = true, Timestamp = new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc) };
        }

        object made = MakeEmpty(type);
        int number = 3;
        foreach (MemberInfo member in Members(type))
        {
            object value = Value(TypeOf(member), member.Name, ref number, depth);
            if (member is FieldInfo field)
            {
                field.SetValue(made, value);
            }
            else
            {
                PropertyInfo property = (PropertyInfo)member;
                (property.DeclaringType!.GetProperty(property.Name, All)!.GetSetMethod(true)
                    ?? throw new InvalidOperationException($"{type.Name}.{property.Name} cannot be set")).Invoke(made, [value]);
            }
        }

        return made;
    }

    private static object Value(Type type, string name, ref int number, int depth)
    {
        number++;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? name + number + " é"
            : plain == typeof(int) ? number * 1000
            : plain == typeof(long) ? number * 1000L
            : plain == typeof(bool) ? true
            : plain == typeof(DateTime) ? new DateTime(2026, 3, 4, 5, 6, number, DateTimeKind.Utc)
            : plain == typeof(OrchestrationStatus) ? OrchestrationStatus.Terminated
            : plain == typeof(IDictionary<string, string>) ? new Dictionary<string, string> { ["tag"] = "value", ["empty"] = "" }
            : Make(plain, depth + 1);
    }
}
