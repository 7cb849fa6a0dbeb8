using Microsoft.DurableTask;
using Rescan.Functions.Durable;

namespace Rescan.Functions.Rescans;

/// <summary>
/// The events of a rescan: cancels, watchers and looks. One wait stands for each at a time, and what has come is taken before the
/// orchestration
/// starts anew; what comes later is carried over.
/// </summary>
internal sealed class RescanInbox
{
    private readonly TaskOrchestrationContext context;
    private readonly List<string> watchers;
    private Task<RescanCancel> cancel;
    private Task<string> watch;
    private Task<string?> look;

    public RescanInbox(TaskOrchestrationContext context, IEnumerable<string> watchers)
    {
        this.context = context;
        this.watchers = [.. watchers];
        cancel = context.WaitForExternalEvent<RescanCancel>(RescanEvents.Cancel);
        watch = context.WaitForExternalEvent<string>(RescanEvents.Watch);
        look = context.WaitForExternalEvent<string?>(RescanEvents.Look);
    }

    /// <summary>Instances to tell of the end.</summary>
    public IReadOnlyList<string> Watchers => watchers;

    /// <summary>Ends a wait.</summary>
    public Task Cancel => cancel;

    /// <summary>Makes a wait shorter.</summary>
    public Task Look => look;

    /// <summary>Takes the looks that have come.</summary>
    public RescanState TakeLooks(RescanState state)
    {
        while (look.IsCompletedSuccessfully)
        {
            state = state.WithLook(context.Now());
            look = context.WaitForExternalEvent<string?>(RescanEvents.Look);
        }

        return state;
    }

    /// <summary>Takes what has come.</summary>
    public RescanState Take(RescanState state)
    {
        while (cancel.IsCompletedSuccessfully)
        {
            RescanCancel asked = cancel.Result;
            cancel = context.WaitForExternalEvent<RescanCancel>(RescanEvents.Cancel);

            // One that was meant for the rescan before, and came late.
            if (asked.RequestId is null || asked.RequestId == state.RequestId)
            {
                state = state.WithCancel(asked.Reason, asked.By);
            }
        }

        while (watch.IsCompletedSuccessfully)
        {
            if (watch.Result is { Length: > 0 } watcher && !watchers.Contains(watcher))
            {
                watchers.Add(watcher);
            }

            watch = context.WaitForExternalEvent<string>(RescanEvents.Watch);
        }

        return TakeLooks(state);
    }
}
