namespace Rescan.Functions.Health;

/// <summary>That the app answers.</summary>
/// <param name="Status">Healthy.</param>
public sealed record LivenessView(string Status);

/// <summary>Whether the app can do its work.</summary>
/// <param name="Status">Healthy or Unhealthy. An appliance that does not answer does not make the app
/// unhealthy: rescans wait for it.</param>
/// <param name="Checks">What was looked at.</param>
/// <param name="Appliances">Which appliances answer.</param>
public sealed record HealthView(string Status, IReadOnlyList<HealthCheckView> Checks, IReadOnlyList<ApplianceHealthView> Appliances);

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">store, engine or timers.</param>
/// <param name="Healthy">Whether it works.</param>
/// <param name="Fault">What is wrong; null when nothing is.</param>
public sealed record HealthCheckView(string Name, bool Healthy, string? Fault);

/// <summary>
/// Whether an appliance answers, as this process saw it by the requests that rescans made. Nothing is asked for this view.
/// </summary>
/// <param name="Name">Its configured name.</param>
/// <param name="Answers">Whether it answered when it was last asked; null when this process has not asked it yet.</param>
/// <param name="Since">Since when it has, or has not, UTC.</param>
/// <param name="AskedAt">When it was last asked, UTC.</param>
/// <param name="SameAs">The other name under which the same server is configured; its rescans under this one are
/// refused. Null: none is known.</param>
public sealed record ApplianceHealthView(string Name, bool? Answers, DateTimeOffset? Since, DateTimeOffset? AskedAt, string? SameAs);
