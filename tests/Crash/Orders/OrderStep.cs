namespace Rescan.Crash.Orders;

/// <summary>What happens in an order of events.</summary>
internal enum OrderEvent
{
    /// <summary>Somebody asks for a rescan.</summary>
    Request,

    /// <summary>Two ask at the same moment.</summary>
    RequestTwice,

    /// <summary>Somebody asks under a key that all orders' requests of that kind share.</summary>
    RequestWithKey,

    /// <summary>Somebody asks under that key with another body.</summary>
    RequestWithKeyOtherwise,

    /// <summary>Somebody asks for a run over several repositories.</summary>
    Run,

    /// <summary>Somebody cancels the run asked for last.</summary>
    CancelRun,

    /// <summary>Somebody cancels the rescan that runs.</summary>
    Cancel,

    /// <summary>A little time passes: a poll or none.</summary>
    Wait,

    /// <summary>So much time passes that the session ends.</summary>
    SessionEnd,

    /// <summary>So much time passes that the deadline comes.</summary>
    Deadline,

    /// <summary>A day passes, after which keys count no more.</summary>
    NextDay,

    /// <summary>The clock of the app is set forward by up to an hour.</summary>
    ClockForward,

    /// <summary>The clock of the app is set back by up to an hour.</summary>
    ClockBack,

    /// <summary>The process is killed and started again at once.</summary>
    Kill,

    /// <summary>The process is killed, and started again after a while.</summary>
    KillAndRest,

    /// <summary>The process is killed, and started again after the deadline.</summary>
    KillBeyondDeadline,

    /// <summary>A second process that was given the same start wakes up, and stops before an effect.</summary>
    TwinWakes,

    /// <summary>The second process goes on.</summary>
    TwinGoesOn,

    /// <summary>Somebody else starts a rescan of another repository.</summary>
    ForeignRescan,

    /// <summary>A rescan of another repository is started by the app's own account, but not by the app.</summary>
    ForeignRescanByOwnAccount,

    /// <summary>Work of another kind begins on the appliance.</summary>
    ForeignWork,

    /// <summary>The session fails, for a reason that is blank.</summary>
    SessionFails,

    /// <summary>The next POST is lost before it acts.</summary>
    LosePost,

    /// <summary>The answer of the next POST is lost.</summary>
    LoseAnswer,

    /// <summary>The next POST acts late, though its sender be gone.</summary>
    LatePost,

    /// <summary>The next POST is answered by a gateway that gave it up.</summary>
    GatewayTimeout,

    /// <summary>The next POST is answered with 503.</summary>
    BusyPost,

    /// <summary>The next POST names no session.</summary>
    HideSession,

    /// <summary>The next POST and the next poll are answered with 503 and a Retry-After of ten years.</summary>
    BusyForTenYears,

    /// <summary>The next sessions have ids with a slash and a hash.</summary>
    OddSessionId,

    /// <summary>The next polls are answered with 503.</summary>
    BusyPolls,

    /// <summary>A poll is answered by a proxy.</summary>
    ProxyPoll,

    /// <summary>A poll is answered with 404 by a proxy.</summary>
    ProxyNotFound,

    /// <summary>The next stop is lost.</summary>
    LoseStop,

    /// <summary>The next log is lost.</summary>
    LoseLog,

    /// <summary>Logs hold what no store takes.</summary>
    UnstorableLog,
}

/// <summary>One step: what happens, and how much time passes first.</summary>
/// <param name="What">What happens.</param>
/// <param name="After">Virtual time that passes before; zero: none, so that it meets what is still under way.</param>
internal sealed record OrderStep(OrderEvent What, TimeSpan After)
{
    public override string ToString() => After > TimeSpan.Zero ? $"+{After.TotalSeconds:0.0}s {What}" : What.ToString();

    /// <summary>The steps of a seed.</summary>
    public static IReadOnlyList<OrderStep> Of(int seed)
    {
        Random random = new(seed);
        OrderEvent[] all = Enum.GetValues<OrderEvent>();
        List<OrderStep> steps = [];
        int count = random.Next(2, 9);

        // What strikes a POST must come before it.
        for (int i = random.Next(3); i > 0; i--)
        {
            steps.Add(new OrderStep((OrderEvent)random.Next((int)OrderEvent.LosePost, all.Length), TimeSpan.Zero));
        }

        steps.Add(new OrderStep(random.Next(8) switch
        {
            0 or 1 => OrderEvent.RequestTwice,
            2 or 3 => OrderEvent.RequestWithKey,
            4 => OrderEvent.Run,
            _ => OrderEvent.Request,
        }, TimeSpan.Zero));
        while (steps.Count < count + 1)
        {
            TimeSpan after =
                random.Next(3) switch
                {
                    0 => TimeSpan.Zero,
                    1 => TimeSpan.FromMilliseconds(random.Next(1, 4000)),
                    _ => TimeSpan.FromSeconds(random.Next(1, 60))
                };
            steps.Add(new OrderStep(all[random.Next(all.Length)], after));
        }

        return steps;
    }
}
