using System.Reflection;

namespace Rescan.Crash.Orders;

/// <summary>
/// Stands between a process and the world: its stores and its appliances. A killed process has no effect any more; a paused one has none
/// until it goes on.
/// </summary>
internal sealed class EffectGate
{
    private readonly CancellationTokenSource killed = new();
    private volatile TaskCompletionSource? pause;

    public CancellationToken Killed => killed.Token;

    /// <summary>Calls, by their arguments, that the store refuses; null: none.</summary>
    public Func<object?[], bool>? Refuse { get; init; }

    public void Kill() => killed.Cancel();

    public void Pause() => pause ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume()
    {
        pause?.TrySetResult();
        pause = null;
    }

    /// <summary>Before an effect.</summary>
    public async Task EnterAsync()
    {
        if (pause is { } waiting)
        {
            await waiting.Task.WaitAsync(killed.Token);
        }

        killed.Token.ThrowIfCancellationRequested();
    }

    /// <summary>A store whose every call passes the gate, there and back.</summary>
    public T Guard<T>(object store)
        where T : class
    {
        T proxy = DispatchProxy.Create<T, GatedStore>();
        (((GatedStore)(object)proxy).Gate, ((GatedStore)(object)proxy).Store) = (this, store);
        return proxy;
    }

    /// <summary>Lets requests to appliances through.</summary>
    public DelegatingHandler Handler() => new GatedHandler(this);

    internal class GatedStore : DispatchProxy
    {
        private static readonly MethodInfo Typed = typeof(GatedStore).GetMethod(
            nameof(CallAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

        public EffectGate Gate { get; set; } = null!;

        public object Store { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (args is not null && Gate.Refuse?.Invoke(args) == true)
            {
                throw new InvalidOperationException("The store refuses this.");
            }

            Type result = targetMethod!.ReturnType;
            return result == typeof(Task) ? PassAsync(targetMethod, args)
                : result.IsGenericType && result.GetGenericTypeDefinition() == typeof(Task<>)
                ? Typed.MakeGenericMethod(result.GenericTypeArguments).Invoke(this, [targetMethod, args])
                : targetMethod.Invoke(Store, args);
        }

        private async Task PassAsync(MethodInfo method, object?[]? args)
        {
            await Gate.EnterAsync();
            await (Task)method.Invoke(Store, args)!;
            await Gate.EnterAsync();
        }

        private async Task<T> CallAsync<T>(MethodInfo method, object?[]? args)
        {
            await Gate.EnterAsync();
            T answer = await (Task<T>)method.Invoke(Store, args)!;
            await Gate.EnterAsync();
            return answer;
        }
    }

    private sealed class GatedHandler(EffectGate gate) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await gate.EnterAsync();
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, gate.Killed);
            HttpResponseMessage answer = await base.SendAsync(request, both.Token);
            await gate.EnterAsync();
            return answer;
        }
    }
}
