namespace Rescan.Local.Runtime.Hosting;

/// <summary>How many connections a host holds. Requests that wait for a rescan's end are counted apart.</summary>
/// <param name="OfClient">Connections of one client.</param>
/// <param name="OfAll">Connections of all clients.</param>
/// <param name="WaitsOfClient">Waiting requests of one client.</param>
/// <param name="WaitsOfAll">Waiting requests of all clients.</param>
internal sealed record ConnectionCaps(int OfClient = 256, int OfAll = 512, int WaitsOfClient = 128, int WaitsOfAll = 512);
