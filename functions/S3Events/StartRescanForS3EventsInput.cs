using System.Text.Json.Serialization;

namespace Rescan.Functions.S3Events;

/// <summary>A rescan that S3 events ask for.</summary>
/// <param name="Appliance">The appliance's configured name.</param>
/// <param name="RepositoryId">The repository's uuid.</param>
/// <param name="RepositoryName">Its name, for people.</param>
/// <param name="EventsUntil">No event gathered is later than this, UTC: a rescan whose session started after it has seen them all.</param>
public sealed record StartRescanForS3EventsInput(string Appliance, string RepositoryId, string RepositoryName, DateTimeOffset EventsUntil);

/// <summary>What became of the wish for a rescan.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StartRescanForS3EventsResult>))]
public enum StartRescanForS3EventsResult
{
    /// <summary>A rescan that sees every event gathered was started, or runs already.</summary>
    Started,

    /// <summary>A rescan that may have missed some of the events runs: ask again later.</summary>
    Busy,

    /// <summary>The repository or its appliance is not there any more: the events are dropped.</summary>
    Gone,
}
