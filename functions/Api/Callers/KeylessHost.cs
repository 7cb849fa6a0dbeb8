using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;

namespace Rescan.Functions.Api.Callers;

/// <summary>
/// Tells the Functions host to ask for no key where the platform signs callers in: the host would ask for one besides. Whoever it lets
/// through without a role, <see cref="CallerReader"/> stops.
/// </summary>
internal sealed class KeylessHost : IFunctionMetadataTransformer
{
    /// <summary>The functions that ask for a key. Hooks, which have secrets of their own, the page's files, and health do not.</summary>
    internal static FrozenSet<string> Keyed { get; } =
    [
        .. from method in typeof(KeylessHost).Assembly.GetExportedTypes().SelectMany(t => t.GetMethods())
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        from trigger in method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>())
        where trigger is not null && trigger.AuthLevel != AuthorizationLevel.Anonymous
        select function.Name,
    ];

    /// <inheritdoc/>
    public string Name => nameof(KeylessHost);

    /// <summary>Does so where the platform signs callers in.</summary>
    public static void Use(FunctionsApplicationBuilder builder)
    {
        if (EntraPrincipal.IsSetByPlatform)
        {
            builder.Services.AddSingleton<IFunctionMetadataTransformer, KeylessHost>();
        }
    }

    /// <inheritdoc/>
    public void Transform(IList<IFunctionMetadata> original)
    {
        ArgumentNullException.ThrowIfNull(original);
        foreach (IFunctionMetadata function in original.Where(f => f.Name is not null && Keyed.Contains(f.Name)))
        {
            IList<string> bindings = function.RawBindings ?? [];
            for (int i = 0; i < bindings.Count; i++)
            {
                if (JsonNode.Parse(bindings[i]) is JsonObject binding && (string?)binding["type"] == "httpTrigger")
                {
                    binding["authLevel"] = nameof(AuthorizationLevel.Anonymous);
                    bindings[i] = binding.ToJsonString();
                }
            }
        }
    }
}
