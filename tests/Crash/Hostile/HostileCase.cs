using System.Text;
using Rescan.Crash.Orders;
using Rescan.Local.Simulator;

namespace Rescan.Crash.Hostile;

/// <summary>A rescan of which one kind of answer is broken.</summary>
internal sealed class HostileCase(int seed, OrderAppliance appliance, SimulatedRepository repository)
{
    private static readonly string[] Kinds = ["rescan", "session", "session", "log", "log", "stop"];
    private readonly Random random = new(seed);
    private readonly Lock gate = new();
    private string? kind;
    private int left;
    private int requests;

    public int Seed => seed;

    public OrderAppliance Appliance => appliance;

    public SimulatedRepository Repository => repository;

    /// <summary>Requests about it that the appliance took.</summary>
    public int Requests => requests;

    public string RequestId { get; set; } = "";

    public bool IsCanceled { get; private set; }

    public void Plan()
    {
        kind = Kinds[random.Next(Kinds.Length)];
        IsCanceled = kind == "stop" || random.Next(8) == 0;
        left = random.Next(4) switch { 0 => int.MaxValue, 1 => 3, _ => 1 };
    }

    /// <summary>Takes note of a request.</summary>
    /// <returns>What chooses how its answer breaks; null when it stays whole.</returns>
    public Random? Take(string asked)
    {
        lock (gate)
        {
            requests++;
            return asked == kind && left-- > 0 ? new Random(random.Next()) : null;
        }
    }

    public override string ToString() => new StringBuilder().Append("seed ").Append(seed).Append(" on ").Append(appliance.Name).Append(", ")
        .Append(kind).Append(IsCanceled ? ", canceled" : "").ToString();
}
