namespace Rescan.Functions.Configuration;

/// <summary>When a run over many repositories begins by itself, and which repositories it takes; every condition given must hold.</summary>
public sealed class ScheduleOptions
{
    /// <summary>The name of a schedule that gives none.</summary>
    public const string DefaultName = "nightly";

    /// <summary>A short name, letters, digits and hyphens; it is part of its runs' ids.</summary>
    public string Name { get; set; } = DefaultName;

    /// <summary>
    /// When a run is due: cron of five fields (minute, hour, day of the month, month, day of the week), or of six with seconds first, as
    /// timers of Azure Functions have it.
    /// </summary>
    public string Cron { get; set; } = "30 1 * * *";

    /// <summary>The time zone in which that holds, by its IANA or its Windows name: Europe/Berlin or W. Europe Standard Time.</summary>
    public string Zone { get; set; } = "UTC";

    /// <summary>Names of the appliances; none: all. Blank entries are passed over, as in the lists that follow.</summary>
    public IList<string> Appliances { get; init; } = [];

    /// <summary>Names of repositories, with * and ?; none: all.</summary>
    public IList<string> Include { get; init; } = [];

    /// <summary>Names left out, likewise.</summary>
    public IList<string> Exclude { get; init; } = [];

    /// <summary>The S3 bucket; empty: any.</summary>
    public string? Bucket { get; set; }

    /// <summary>The folder in the bucket; empty: any.</summary>
    public string? Folder { get; set; }
}
