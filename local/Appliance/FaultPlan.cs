namespace Rescan.Local.Appliance;

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

    public void Add(Fault fault)
    {
        Fault whole = FaultCatalog.Complete(fault);
        lock (gate)
        {
            entries.Add(new Entry(whole.Name, whole.Request!) { Before = whole.After!.Value, Left = whole.Times!.Value });
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
    public string? Take(string kind)
    {
        lock (gate)
        {
            foreach (Entry entry in entries.Where(e => e.Request == kind && e.Left > 0))
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

                return entry.Name;
            }

            return null;
        }
    }

    private sealed class Entry(string name, string request)
    {
        public string Name => name;

        public string Request => request;

        public int Before { get; set; }

        public int Left { get; set; }
    }
}
