using DurableTask.Core;
using DurableTask.Core.History;

namespace DurableTask.Sqlite;

/// <summary>What a turn changes of an instance's row.</summary>
internal readonly record struct InstanceState(
    string Execution, OrchestrationStatus Status, long Updated, long? Completed, int Turns, string? CustomStatus, string? Output,
    byte[]? Failure)
{
    public static InstanceState Pending(string execution, long now) =>
        new(execution, OrchestrationStatus.Pending, now, null, 0, null, null, null);

    /// <summary>Makes the row.</summary>
    /// <returns>False when the id is taken.</returns>
    public bool Insert(HubSql sql, long key, string id, long created, long? startAt)
    {
        SqliteStatement s = sql.InsertInstance.Bind(1, key).Bind(2, id).Bind(3, Execution).Bind(4, (int)Status)
            .Bind(5, created).Bind(6, Updated)
            .Bind(7, Completed).Bind(8, startAt).Bind(9, Turns).Bind(10, CustomStatus).Bind(11, Output);
        return (Failure is null ? s.BindNull(12) : s.Bind(12, (ReadOnlySpan<byte>)Failure)).Run() == 1;
    }

    /// <summary>Changes the row.</summary>
    /// <returns>False when the instance has ended or is gone.</returns>
    public bool Update(HubSql sql, long key)
    {
        SqliteStatement s = sql.UpdateInstance.Bind(1, key).Bind(2, Execution).Bind(3, (int)Status).Bind(4, Updated)
            .Bind(5, Completed).Bind(6, Turns)
            .Bind(7, CustomStatus).Bind(8, Output);
        return (Failure is null ? s.BindNull(9) : s.Bind(9, (ReadOnlySpan<byte>)Failure)).Run() == 1;
    }
}

/// <summary>The table of start events.</summary>
internal static class StartRows
{
    public static void Put(HubSql sql, long key, ExecutionStartedEvent start)
    {
        PayloadWriter payload = PayloadWriter.Rent();
        EventCodec.WriteStartWithoutInput(payload, start);
        sql.PutStart.Bind(1, key).Bind(2, payload.Slice(..)).Bind(3, start.Input).Run();
        sql.PutStart.Clear();
        payload.Return();
    }

    public static ExecutionStartedEvent Read(ReadOnlySpan<byte> bytes, string? input)
    {
        PayloadReader r = new(bytes);
        ExecutionStartedEvent start = (ExecutionStartedEvent)EventCodec.Read(ref r);
        start.Input = input;
        return start;
    }
}
