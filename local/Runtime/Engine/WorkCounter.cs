namespace Rescan.Local.Runtime.Engine;

/// <summary>Runs work in the background and tells when none is left; an exception that work lets out goes to <paramref name="failed"/>.</summary>
internal sealed class WorkCounter(Action<Exception> failed)
{
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int count = 1;

    /// <summary>Whether nothing is at work.</summary>
    public bool IsIdle => Volatile.Read(ref count) == 1;

    public void Run(Func<Task> action)
    {
        Interlocked.Increment(ref count);
        Task.Run(async () =>
        {
            try
            {
                await action().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failed(e);
            }
            finally
            {
                Leave();
            }
        });
    }

    /// <summary>Completes when all work has ended; to be called once, when no more comes from outside.</summary>
    public Task EndAsync()
    {
        Leave();
        return idle.Task;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref count) == 0)
        {
            idle.TrySetResult();
        }
    }
}
