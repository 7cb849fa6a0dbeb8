namespace Rescan.Local.Runtime.Engine;

/// <summary>Orchestrators kept between their turns, the most recently used ones; others are replayed when they go on.</summary>
internal sealed class ContextCache(int capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<(LiveInstance Owner, LocalOrchestrationContext Context)> order = new();
    private readonly Dictionary<LiveInstance, LinkedListNode<(LiveInstance Owner, LocalOrchestrationContext Context)>> nodes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Takes an orchestrator out; null when it must be replayed.</summary>
    public LocalOrchestrationContext? Take(LiveInstance owner)
    {
        lock (gate)
        {
            if (!nodes.Remove(owner, out LinkedListNode<(LiveInstance Owner, LocalOrchestrationContext Context)>? node))
            {
                return null;
            }

            order.Remove(node);
            return node.Value.Context;
        }
    }

    public void Put(LiveInstance owner, LocalOrchestrationContext context)
    {
        lock (gate)
        {
            nodes[owner] = order.AddFirst((owner, context));
            if (order.Count > capacity)
            {
                nodes.Remove(order.Last!.Value.Owner);
                order.RemoveLast();
            }
        }
    }
}
