using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Local.Runtime.Durable;

namespace Rescan.Local.Runtime.Hosting;

/// <summary>Every <c>[Function]</c> of the app's assembly, by name.</summary>
internal sealed class FunctionCatalog : IFunctionCatalog
{
    private readonly Dictionary<string, MethodInfo> orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, MethodInfo> activities = new(StringComparer.OrdinalIgnoreCase);

    public FunctionCatalog(Assembly assembly)
    {
        foreach (MethodInfo method in assembly.GetExportedTypes().SelectMany(t => t.GetMethods()))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { Name: var name })
            {
                continue;
            }

            if (Has<OrchestrationTriggerAttribute>(method))
            {
                orchestrators.Add(name, method);
            }
            else if (Has<ActivityTriggerAttribute>(method))
            {
                activities.Add(name, method);
            }
            else if (method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>())
                .FirstOrDefault(a => a is not null) is { } http)
            {
                Http.Add((name, http, method));
            }
            else if (method.GetParameters().Select(p => p.GetCustomAttribute<TimerTriggerAttribute>())
                .FirstOrDefault(a => a is not null) is { } timer)
            {
                Timers.Add((name, timer, method));
            }
        }
    }

    public List<(string Name, HttpTriggerAttribute Trigger, MethodInfo Method)> Http { get; } = [];

    public List<(string Name, TimerTriggerAttribute Trigger, MethodInfo Method)> Timers { get; } = [];

    /// <summary>Names of the activities.</summary>
    public IReadOnlyCollection<string> Activities => activities.Keys;

    /// <summary>The app's services; known once the host is built.</summary>
    public IServiceProvider? Services { get; set; }

    public bool HasOrchestrator(string name) => orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => activities.ContainsKey(name);

    public async Task<object?> InvokeOrchestratorAsync(string name, TaskOrchestrationContext context)
    {
        MethodInfo method = orchestrators[name];
        return await InvokeAsync(Services!, method, _ => context);
    }

    public async Task<object?> InvokeActivityAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken)
    {
        if (!activities.TryGetValue(name, out MethodInfo? method))
        {
            throw new InvalidOperationException($"No activity function is named '{name}'.");
        }

        AsyncServiceScope scope = Services!.CreateAsyncScope();
        await using (scope)
        {
            return await InvokeAsync(scope.ServiceProvider, method, p =>
                p.ParameterType == typeof(CancellationToken) ? cancellationToken
                : p.ParameterType == typeof(DurableTaskClient) ? scope.ServiceProvider.GetRequiredService<DurableTaskClient>()
                : p.GetCustomAttribute<ActivityTriggerAttribute>() is not null
                ? JsonDataConverter.Default.Deserialize(inputJson, p.ParameterType)
                : throw new NotSupportedException($"Activity '{name}': parameter '{p.Name}' cannot be bound by the local runtime."));
        }
    }

    /// <summary>Calls a function; orchestrators rely on its awaits staying on the caller's context.</summary>
    public static async Task<object?> InvokeAsync(IServiceProvider services, MethodInfo method, Func<ParameterInfo, object?> bind)
    {
        object? target = method.IsStatic ? null : ActivatorUtilities.GetServiceOrCreateInstance(services, method.DeclaringType!);
        object? result = method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, [.. method.GetParameters().Select(bind)], null);
        if (result is not Task task)
        {
            return result;
        }

        await task;
        return method.ReturnType.IsGenericType ? ((dynamic)task).Result : null;
    }

    private static bool Has<T>(MethodInfo method)
        where T : Attribute => method.GetParameters().Any(p => p.GetCustomAttribute<T>() is not null);
}
