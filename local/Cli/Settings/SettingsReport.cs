using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rescan.Functions;
using Rescan.Functions.Appliances;
using Rescan.Functions.Configuration;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Schedules;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Settings;

/// <summary>What the settings say, or what is wrong with them; holds nothing secret.</summary>
/// <param name="File">The file; null when the environment alone was taken.</param>
/// <param name="Faults">All faults; what follows is what could be read in spite of them.</param>
/// <param name="Appliances">The appliances.</param>
/// <param name="Schedules">When runs begin by themselves.</param>
/// <param name="Channels">The channels of notifications.</param>
internal sealed record SettingsReport(
    string? File, IReadOnlyList<SettingsReport.Fault> Faults, IReadOnlyList<SettingsReport.Appliance> Appliances,
    SchedulesView Schedules, IReadOnlyList<SettingsReport.Channel> Channels)
{
    /// <summary>
    /// The keys that callers of the HTTP API show, by their names and roles; none: whoever reaches the server may do all.
    /// </summary>
    public IReadOnlyList<Caller> Callers { get; init; } = [];

    private const int Indent = 4;

    public static SettingsReport Of(SettingsFile file, IConfiguration configuration, IReadOnlyList<string> faults, DateTimeOffset now)
    {
        RescanOptions options = configuration.ReadRescanOptions();
        return new SettingsReport(
            file.IsThere ? file.File : null,
            [.. faults.Select(f => f.Split(": ", 2)).Select(f => new Fault(f[0], f[^1]))],
            [.. options.Appliances.Select(a => new Appliance(
                a.Name, a.Kind, ShownAddress(a.BaseUrl), a.Username, string.IsNullOrEmpty(a.PasswordSecret) ? "settings" : "vault",
                a.Thumbprints.Count(t => t.Length > 0)))],
            ScheduleReader.Plan(new SchedulePlan(options, configuration), now),
            [.. options.Notifications.Channels.Where(c => !string.IsNullOrWhiteSpace(c.Kind)).Select(c => new Channel(
                string.IsNullOrWhiteSpace(c.Name) ? c.Kind : c.Name, c.Kind, c.When, c.Runs))])
        {
            Callers =
            [
                .. AppHost.KeysOf(configuration.ReadServeOptions()).Select(k => new Caller(k.Caller.Name, k.Caller.Role.ToString())),
            ],
        };
    }

    public void Print(Screen screen, DateTimeOffset now)
    {
        screen.Say($"ok  {(File is null ? "the environment alone" : File + " and the environment")}", Indent);
        screen.Say($"ok  {Count(Appliances.Count, "appliance")}", Indent);
        foreach (Appliance appliance in Appliances)
        {
            screen.Say($"    {appliance.Name}: {ApplianceProducts.Find(appliance.Kind)?.Title} at {appliance.BaseUrl}", Indent + 2);
            screen.Say(
                $"      account {appliance.Username}, its password {(appliance.Password == "vault" ? "in Key Vault" : "in the settings")}",
                Indent + 2);
            screen.Say($"      certificate trusted by {(appliance.Thumbprints == 0 ? "this system's roots" : Count(appliance.Thumbprints, "thumbprint"))}", Indent + 2);
        }

        foreach (string line in ScheduleText.Lines(Schedules, isServed: true, now))
        {
            screen.Say("ok  " + line, Indent);
        }

        screen.Say(
            Callers.Count == 0 ? "ok  no key: rescan serve answers this machine alone" : $"ok  {Count(Callers.Count, "key")}", Indent);
        foreach (Caller caller in Callers)
        {
            screen.Say($"    {caller.Name ?? "without a name"}: {caller.Role}", Indent + 2);
        }

        screen.Say(Channels.Count == 0 ? "ok  no channel: nobody is notified" : $"ok  {Count(Channels.Count, "channel")}", Indent);
        foreach (Channel channel in Channels)
        {
            screen.Say($"    {channel.Name}: {channel.Kind}, rescans {channel.When}, runs {channel.Runs}", Indent + 2);
        }
    }

    /// <summary>A key of the HTTP API.</summary>
    /// <param name="Name">Whose it is; null for the one without a name.</param>
    /// <param name="Role">What its holder may do.</param>
    internal sealed record Caller(string? Name, string Role);

    /// <summary>Without what a person may have put before the @ by mistake.</summary>
    private static string? ShownAddress(Uri? address) =>
        address is { IsAbsoluteUri: true }
            ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
            : null;

    private static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    /// <summary>A fault.</summary>
    /// <param name="Key">The setting.</param>
    /// <param name="Message">What is wrong, or what it should be.</param>
    internal sealed record Fault(string Key, string Message);

    /// <summary>An appliance.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Kind">What it is.</param>
    /// <param name="BaseUrl">Its address.</param>
    /// <param name="Username">The account.</param>
    /// <param name="Password">Where the password is: <c>settings</c> or <c>vault</c>.</param>
    /// <param name="Thumbprints">How many certificates are pinned; 0: the system's roots decide.</param>
    internal sealed record Appliance(string Name, string Kind, string? BaseUrl, string Username, string Password, int Thumbprints);

    /// <summary>A channel.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Kind">What it is.</param>
    /// <param name="When">Which rescans it is told.</param>
    /// <param name="Runs">Which runs it is told.</param>
    internal sealed record Channel(string Name, string Kind, string When, string Runs);
}
