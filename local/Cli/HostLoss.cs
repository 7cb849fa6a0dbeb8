using Rescan.Local.Runtime.Hosting;

namespace Rescan.Local.Cli;

/// <summary>Ends a command whose state is lost under it.</summary>
internal static class HostLoss
{
    /// <summary>Does something for as long as the host can go on.</summary>
    /// <exception cref="CommandException">The state was lost, full or taken over meanwhile.</exception>
    public static async Task<T> UnlessLostAsync<T>(
        this LocalFunctionHost host, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T> task = work(stop.Token);
        await Task.WhenAny(host.Failed, task);
        if (task.IsCompletedSuccessfully || !host.Failed.IsCompleted)
        {
            return await task;
        }

        await stop.CancelAsync();
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        throw new CommandException(ExitCodes.State, (await host.Failed).Message);
    }
}
