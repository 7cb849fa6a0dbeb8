using Rescan.Functions.Appliances;
using Rescan.Functions.Rescans;
using Rescan.Functions.Storage;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.History;

/// <summary><c>rescan log --follow</c>: prints what is added to a log until its rescan ends.</summary>
internal static class LogFollow
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <param name="find">Finds the rescan again.</param>
    /// <param name="read">Reads its log as far as it is known.</param>
    /// <param name="cancellationToken">Ends the following, which is no fault.</param>
    public static async Task FollowAsync(
        Func<CancellationToken, Task<RescanView>> find, Func<RescanView, CancellationToken, Task<IReadOnlyList<SessionLogItem>>> read,
        CancellationToken cancellationToken)
    {
        LogChanges changes = new();
        HashSet<(DateTimeOffset?, string)> printed = [];
        string? head = null;
        using PeriodicTimer timer = new(Look);
        try
        {
            while (true)
            {
                RescanView rescan = await find(cancellationToken);
                bool isOver = rescan.Outcome is not null || rescan.Error is not null;
                IReadOnlyList<SessionLogItem> log = await read(rescan, cancellationToken);
                if (head is null)
                {
                    head = LogLines.Head(rescan);
                    Screen.Error.Say(head);
                }

                // That an item which was printed is done now goes without saying; that it went wrong does not.
                foreach (SessionLogItem item in changes.Take(log)
                    .Where(i => printed.Add((i.Time, i.Message)) || i.Status is "Warning" or "Error"))
                {
                    Screen.Out.Say(LogLines.Of(item));
                }

                if (isOver)
                {
                    if (LogLines.Head(rescan) is var end && end != head)
                    {
                        Screen.Error.Say(end);
                    }

                    return;
                }

                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C: the rescan goes on without its watcher.
        }
    }
}
