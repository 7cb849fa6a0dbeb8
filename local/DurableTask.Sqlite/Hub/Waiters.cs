using System.Collections.Concurrent;
using DurableTask.Core;

namespace DurableTask.Sqlite;

/// <summary>Callers that wait for the end of an instance.</summary>
internal sealed class Waiters
{
    private readonly ConcurrentDictionary<string, List<TaskCompletionSource<OrchestrationState>>> waiting = new(StringComparer.Ordinal);

    public TaskCompletionSource<OrchestrationState> Add(string id)
    {
        TaskCompletionSource<OrchestrationState> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.AddOrUpdate(id, static (_, s) => [s], static (_, list, s) => [.. list, s], source);
        return source;
    }

    public void Remove(string id, TaskCompletionSource<OrchestrationState> source)
    {
        while (waiting.TryGetValue(id, out List<TaskCompletionSource<OrchestrationState>>? list))
        {
            List<TaskCompletionSource<OrchestrationState>> rest = [.. list.Where(s => s != source)];
            if (rest.Count > 0 ? waiting.TryUpdate(id, rest, list) : waiting.TryRemove(new(id, list)))
            {
                return;
            }
        }
    }

    public bool Any(string id) => waiting.ContainsKey(id);

    public void Complete(string id, OrchestrationState state)
    {
        if (waiting.TryRemove(id, out List<TaskCompletionSource<OrchestrationState>>? list))
        {
            list.ForEach(s => s.TrySetResult(state));
        }
    }

    public void Fail(Exception exception)
    {
        foreach (string id in waiting.Keys)
        {
            if (waiting.TryRemove(id, out List<TaskCompletionSource<OrchestrationState>>? list))
            {
                list.ForEach(s => s.TrySetException(exception));
            }
        }
    }
}
