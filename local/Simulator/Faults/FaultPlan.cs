namespace Rescan.Local.Simulator.Faults;

/// <summary>Which fault strikes which request.</summary>
internal sealed class FaultPlan
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];

    public FaultPlan(IEnumerable<Fault> faults)
    {
        foreach (Fault fault in faults)
        {
            Add(fault);
        }
    }

    /// <summary>What is still to strike.</summary>
    public IReadOnlyList<Fault> Open
    {
        get
        {
            lock (gate)
            {
                return [.. entries.Where(e => e.Left > 0).Select(e => e.Fault with { After = e.Before, Times = e.Left })];
            }
        }
    }

    public void Add(Fault fault)
    {
        Fault whole = FaultCatalog.Complete(fault);
        lock (gate)
        {
            entries.Add(new Entry(whole) { Before = whole.After!.Value, Left = whole.Times!.Value });
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            entries.Clear();
        }
    }

    /// <summary>The fault that strikes a request of a kind, if one does.</summary>
    public Fault? Take(string kind)
    {
        lock (gate)
        {
            foreach (Entry entry in entries.Where(e => e.Fault.Request == kind && e.Left > 0))
            {
                if (entry.Before > 0)
                {
                    entry.Before--;
                    continue;
                }

                if (entry.Left != int.MaxValue)
                {
                    entry.Left--;
                }

                return entry.Fault;
            }

            return null;
        }
    }

    private sealed class Entry(Fault fault)
    {
        public Fault Fault => fault;

        public int Before { get; set; }

        public int Left { get; set; }
    }
}
