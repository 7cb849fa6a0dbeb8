using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Rescan.Functions.Appliances;

namespace Rescan.Local.Cli;

/// <summary>
/// Every session log as the app last read it, so that a watcher in the same process sees whole logs and costs the appliance nothing.
/// </summary>
internal sealed class SessionLogs
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<SessionLogItem>> latest = new();

    public IReadOnlyList<SessionLogItem> Of(string sessionId) => latest.GetValueOrDefault(sessionId) ?? [];

    /// <summary>Lets the app's clients leave what they read here.</summary>
    public void Watch(IServiceCollection services)
    {
        ServiceDescriptor inner = services.Last(d => d.ServiceType == typeof(IApplianceClients));
        services.Remove(inner);
        services.AddSingleton<IApplianceClients>(provider => new Clients(
            (IApplianceClients)ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!), latest));
    }

    private sealed class Clients(IApplianceClients inner, ConcurrentDictionary<string, IReadOnlyList<SessionLogItem>> latest)
        : IApplianceClients, IDisposable
    {
        private readonly ConcurrentDictionary<string, IApplianceClient> watched = new(StringComparer.OrdinalIgnoreCase);

        public IReadOnlyList<string> Names => inner.Names;

        /// <summary>A state folder may hold rescans of other appliances, which wait for the command that knows their password.</summary>
        public IApplianceClient Get(string appliance) => inner.Names.Contains(appliance, StringComparer.OrdinalIgnoreCase)
            ? watched.GetOrAdd(appliance, name => new Client(inner.Get(name), latest))
            : throw new ApplianceException(
                ApplianceFailure.Transient,
                $"Appliance '{appliance}' is not this command's; its rescan goes on with the command that began it.")
            {
                MayHaveActed =
                    false
            };

        public void Dispose() => (inner as IDisposable)?.Dispose();
    }

    private sealed class Client(IApplianceClient inner, ConcurrentDictionary<string, IReadOnlyList<SessionLogItem>> latest)
        : IApplianceClient
    {
        public string Name => inner.Name;

        public TimeSpan? ClockOffset => inner.ClockOffset;

        public Task<SignInResult> SignInAsync(CancellationToken cancellationToken) => inner.SignInAsync(cancellationToken);

        public Task<ApplianceProbe> ProbeAsync(CancellationToken cancellationToken) => inner.ProbeAsync(cancellationToken);

        public Task SignOutAsync(CancellationToken cancellationToken) => inner.SignOutAsync(cancellationToken);

        public Task<IReadOnlyList<Repository>> GetRepositoriesAsync(CancellationToken cancellationToken) =>
            inner.GetRepositoriesAsync(cancellationToken);

        public Task<string?> StartRescanAsync(string repositoryId, CancellationToken cancellationToken) =>
            inner.StartRescanAsync(repositoryId, cancellationToken);

        public Task<ApplianceSession> GetSessionAsync(string sessionId, CancellationToken cancellationToken) =>
            inner.GetSessionAsync(sessionId, cancellationToken);

        public Task<IReadOnlyList<ApplianceSession>> FindRescanCandidatesAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
            inner.FindRescanCandidatesAsync(since, cancellationToken);

        public async Task<IReadOnlyList<SessionLogItem>> GetSessionLogAsync(string sessionId, CancellationToken cancellationToken) =>
            latest[sessionId] = await inner.GetSessionLogAsync(sessionId, cancellationToken);

        public Task StopSessionAsync(string sessionId, CancellationToken cancellationToken) =>
            inner.StopSessionAsync(sessionId, cancellationToken);
    }
}
