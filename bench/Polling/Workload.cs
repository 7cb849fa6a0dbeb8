namespace Rescan.Bench.Polling;

/// <summary>One repository: what it did, and sessions to poll now.</summary>
/// <param name="Past">Past durations in seconds, newest first.</param>
/// <param name="Now">Durations of the sessions to poll, in seconds.</param>
/// <param name="Known">The distribution of <paramref name="Now"/>, for the offline optimum; null where there is none.</param>
internal sealed record Repository(double[] Past, double[] Now, Durations? Known);

/// <summary>A kind of repository.</summary>
/// <param name="Name">As in the tables.</param>
/// <param name="Kind">What is asked of it.</param>
/// <param name="Create">A repository whose typical duration is given in seconds, with that many sessions to poll.</param>
internal sealed record Workload(string Name, WorkloadKind Kind, Func<Random, double, int, Repository> Create)
{
    /// <summary>The end far sooner than the past says that has a goal.</summary>
    public const string TenTimesShorter = "ten times shorter";

    /// <summary>What an access that is denied looks like.</summary>
    public const string OverAtOnce = "over in 5 s";

    /// <summary>How many past runs a repository has.</summary>
    public const int Runs = 20;

    /// <summary>Whether ordinary repositories behave so; the others are breaks in what a repository did.</summary>
    public bool InMix => Kind != WorkloadKind.Surprise && Name != "ten times longer";

    /// <summary>All of the study's workloads.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        Stationary("constant", typical => new ConstantDurations(typical)),
        Stationary("lognormal, CV 0.2", typical => new LognormalDurations(typical, 0.2)),
        Stationary("lognormal, CV 0.5", typical => new LognormalDurations(typical, 0.5)),
        Stationary("lognormal, CV 1", typical => new LognormalDurations(typical, 1)),
        Stationary("bimodal", typical => new BimodalDurations(typical)),
        Stationary("heavy-tailed", typical => new HeavyTailedDurations(typical)),
        new("drifting", WorkloadKind.Misleading, Drifting),
        new("ten times longer", WorkloadKind.Misleading, (random, typical, draws) => Changed(random, typical, 10, draws)),
        new("never-ending", WorkloadKind.NeverEnding, (random, typical, _) =>
            new(Past(random, new LognormalDurations(typical, 0.2)), [Durations.Longest], null)),
        new(TenTimesShorter, WorkloadKind.Surprise, (random, typical, draws) => Changed(random, typical, 0.1, draws)),
        new("3 times shorter", WorkloadKind.Surprise, (random, typical, draws) => Changed(random, typical, 1.0 / 3, draws)),
        new("30 times shorter", WorkloadKind.Surprise, (random, typical, draws) => Changed(random, typical, 1.0 / 30, draws)),
        new("100 times shorter", WorkloadKind.Surprise, (random, typical, draws) => Changed(random, typical, 0.01, draws)),
        new(OverAtOnce, WorkloadKind.Surprise, (random, typical, _) => new(
            Past(random, new LognormalDurations(Math.Max(typical, 10 * Durations.Shortest), 0.2)), [Durations.Shortest],
            new ConstantDurations(Durations.Shortest))),
    ];

    private static Workload Stationary(string name, Func<double, Durations> distribution) =>
        new(name, WorkloadKind.Stationary, (random, typical, draws) =>
    {
        Durations durations = distribution(typical);
        return new(Past(random, durations), Draw(random, durations, draws), durations);
    });

    private static double[] Past(Random random, Durations durations) => Draw(random, durations, Runs);

    private static double[] Draw(Random random, Durations durations, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => durations.Draw(random))];

    /// <summary>Every run 5 % longer than the one before, or 5 % shorter, and 10 % noise.</summary>
    private static Repository Drifting(Random random, double typical, int draws)
    {
        double step = random.Next(2) == 0 ? 1.05 : 1 / 1.05;
        Durations now = new LognormalDurations(typical, 0.1);
        return new([.. Enumerable.Range(1, Runs)
            .Select(run => Math.Clamp(now.Draw(random) / Math.Pow(step, run), Durations.Shortest, Durations.Longest))],
        Draw(random, now, draws), now);
    }

    /// <summary>The past varies by 20 %; the sessions to poll take that many times as long.</summary>
    private static Repository Changed(Random random, double typical, double factor, int draws)
    {
        double before = Math.Clamp(typical, Durations.Shortest * Math.Max(1, 1 / factor), Durations.Longest / Math.Max(1, factor));
        Durations now = new LognormalDurations(before * factor, 0.2);
        return new(Past(random, new LognormalDurations(before, 0.2)), Draw(random, now, draws), now);
    }
}

/// <summary>What is asked of a workload.</summary>
internal enum WorkloadKind
{
    /// <summary>Past and present alike: near the optimum.</summary>
    Stationary,

    /// <summary>The past misleads: hardly dearer than no past.</summary>
    Misleading,

    /// <summary>Misleads, too, and has no optimum: every poll is in vain until the deadline.</summary>
    NeverEnding,

    /// <summary>Ends sooner than the past says, as failures do.</summary>
    Surprise,
}
