using System.Diagnostics;

namespace Rescan.Local.Cli.Start;

/// <summary>A server may be started anew while it is watched; what it began goes on then.</summary>
internal static class ServerPatience
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Asks until it answers.</summary>
    /// <exception cref="CommandException">It has not answered for long, or it refuses.</exception>
    public static async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        long since = Stopwatch.GetTimestamp();
        bool isTold = false;
        using PeriodicTimer timer = new(Look);
        while (true)
        {
            try
            {
                return await ask(cancellationToken);
            }
            catch (CommandException e) when (e.ExitCode == ExitCodes.Unreachable && Stopwatch.GetElapsedTime(since) < Patience)
            {
                if (!isTold)
                {
                    isTold = true;
                    Output.Step($"{e.Message} Waiting up to {Patience.TotalMinutes:0} min for it.");
                }
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
