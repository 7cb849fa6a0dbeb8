using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Rescan.Functions.Activities;
using Rescan.Functions.Appliance;
using Rescan.Functions.Outcomes;

namespace Rescan.Functions.Orchestrations;

/// <summary>
/// One appliance's share of a run: at most so many rescans in flight. Rescans are started or joined as instances of their own and tell
/// their end by an event, since a sub-orchestration cannot join an instance that somebody else started; a look now and then finds those
/// whose event went amiss.
/// </summary>
public static class FleetApplianceOrchestration
{
    private const int RoundsPerExecution = 40;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(2);

    /// <summary>Runs the share.</summary>
    /// <param name="context">The durable context; its input is a <see cref="FleetShare"/>.</param>
    [Function(nameof(FleetApplianceOrchestration))]
    public static async Task<FleetReport> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        FleetShare share = context.GetInput<FleetShare>()!;
        Queue<RepositoryRef> waiting;
        if (share.Waiting is null)
        {
            ActivityAnswer<RepositoryRef[]> listed = await context.CallActivityAsync<ActivityAnswer<RepositoryRef[]>>(
                nameof(ListRepositories), new ListRepositoriesInput(share.Appliance.Name, share.Fleet.Filter));
            if (listed.Trouble is { } trouble)
            {
                return new FleetReport([], [$"{share.Appliance.Name}: {trouble.Message}"]);
            }

            waiting = new Queue<RepositoryRef>(listed.Value!);
        }
        else
        {
            waiting = new Queue<RepositoryRef>(share.Waiting);
        }

        Dictionary<string, RepositoryRef> inFlight = new(share.InFlight);
        List<FleetItem> done = [.. share.Done];
        Task<RescanEnded> ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
        for (int round = 0; waiting.Count + inFlight.Count > 0; round++)
        {
            if (round >= RoundsPerExecution && !ended.IsCompleted)
            {
                context.ContinueAsNew(share with { Waiting = [.. waiting], InFlight = inFlight, Done = done });
                return new FleetReport([], []);
            }

            List<RepositoryRef> starts = [];
            while (waiting.Count > 0 && inFlight.Count + starts.Count < share.Appliance.MaxConcurrentRescans)
            {
                starts.Add(waiting.Dequeue());
            }

            if (starts.Count > 0)
            {
                RescanRequest[] requests = [.. starts.Select(r =>
                    new RescanRequest(share.Appliance.Name, r, share.Fleet.Deadline, share.Fleet.Polling) { Watchers = [context.InstanceId] })];
                await context.CallActivityAsync(nameof(StartOrJoinRescans), requests);
                foreach (RepositoryRef repository in starts)
                {
                    inFlight[RescanRequest.InstanceIdOf(share.Appliance.Name, repository.Id)] = repository;
                }
            }

            using CancellationTokenSource awake = new();
            Task look = context.CreateTimer(LookAgain, awake.Token);
            if (await Task.WhenAny(look, ended) != look)
            {
                // CancelAsync would leave the orchestrator's thread.
#pragma warning disable CA1849
                awake.Cancel();
#pragma warning restore CA1849
            }

            List<string> ask = [];
            while (ended.IsCompletedSuccessfully)
            {
                ask.Add(ended.Result.InstanceId);
                ended = context.WaitForExternalEvent<RescanEnded>(RescanEnded.EventName);
            }

            FleetItem[] finished = await context.CallActivityAsync<FleetItem[]>(
                nameof(CollectRescans), new CollectRescansInput(share.Appliance.Name, ask.Count > 0 ? [.. ask.Where(inFlight.ContainsKey)] : [.. inFlight.Keys]));
            foreach (FleetItem item in finished)
            {
                string id = RescanRequest.InstanceIdOf(share.Appliance.Name, item.Repository.Id);
                if (inFlight.Remove(id, out RepositoryRef? repository))
                {
                    done.Add(item with { Repository = repository });
                }
            }

            context.SetCustomStatus(new { share.Appliance.Name, Waiting = waiting.Count, InFlight = inFlight.Count, Done = done.Count });
        }

        return new FleetReport(done, []);
    }
}
