namespace Rescan.Functions.S3Events;

/// <summary>What the appliances listed when they were last asked.</summary>
/// <param name="Matcher">Finds repositories by bucket and key.</param>
/// <param name="Unread">Appliances whose repositories are not known at all, because they have not answered yet.</param>
/// <param name="TakenAt">When they were asked, UTC.</param>
public sealed record RepositoryListing(RepositoryMatcher Matcher, IReadOnlyList<string> Unread, DateTimeOffset TakenAt);

/// <summary>Knows the repositories of all configured appliances, without asking them for every event.</summary>
public interface IRepositoryDirectory
{
    /// <summary>The listing.</summary>
    /// <param name="fresh">True to wait for a new listing unless the last one is but a minute old; false to take an older one
    /// while a new one is fetched.</param>
    /// <param name="cancellationToken">Gives up waiting; the appliances are asked all the same, for the next caller.</param>
    Task<RepositoryListing> GetAsync(bool fresh, CancellationToken cancellationToken);
}
