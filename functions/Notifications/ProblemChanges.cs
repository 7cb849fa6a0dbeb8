using Rescan.Functions.Display;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Notifications;

/// <summary>Something that is wrong with a repository, an appliance or the runs.</summary>
/// <param name="Told">What a channel that is told of it keeps.</param>
/// <param name="Outcome">How the rescan ended; null when it is about an appliance or no outcome was recorded.</param>
/// <param name="Reason">Why, made safe and short.</param>
internal sealed record Problem(ToldProblem Told, Outcome? Outcome, string? Reason)
{
    /// <summary>Stands for runs that find no repository.</summary>
    private const string NothingId = "*";

    private const int MaxName = 150;
    private const int MaxReason = 500;

    /// <summary>One of a repository.</summary>
    public static Problem OfRepository(
        string appliance, RepositoryRef repository, Outcome? outcome, string? reason, DateTimeOffset since) => new(
        new ToldProblem(
            IdOf(appliance, repository), appliance, repository with { Name = SafeText.Line(repository.Name, MaxName) }, since, since),
        outcome, Short(reason));

    /// <summary>One of a whole appliance.</summary>
    public static Problem OfAppliance(string appliance, string? reason, DateTimeOffset since) =>
        new(new ToldProblem(IdOf(appliance), appliance, null, since, since), null, Short(reason));

    /// <summary>That a run found nothing to rescan.</summary>
    public static Problem OfNothing(DateTimeOffset since) =>
        new(new ToldProblem(NothingId, "", null, since, since), null, "The run found no repository to rescan.");

    /// <summary>The id of a repository's problem.</summary>
    public static string IdOf(string appliance, RepositoryRef repository) => $"{appliance}/{repository.Id}".ToLowerInvariant();

    /// <summary>The id of an appliance's problem.</summary>
    public static string IdOf(string appliance) => appliance.ToLowerInvariant();

    /// <summary>What a problem is about, for people.</summary>
    public static string NameOf(ToldProblem problem) =>
        problem.Repository is { } repository ? $"{SafeText.Line(repository.Name, MaxName)} on {problem.Appliance}"
        : problem.Id == NothingId ? "runs that find no repository"
        : $"appliance {problem.Appliance}";

    private static string? Short(string? reason) => string.IsNullOrWhiteSpace(reason) ? null : SafeText.Line(reason, MaxReason);
}

/// <summary>What a notification means to a channel that is told of each problem once, and once that it is over.</summary>
/// <param name="Begun">Problems that it does not know of.</param>
/// <param name="Over">Problems that it knows of and that are over.</param>
/// <param name="Lasting">How many problems of this notification it knows of already.</param>
internal sealed record ProblemChanges(IReadOnlyList<Problem> Begun, IReadOnlyList<ToldProblem> Over, int Lasting)
{
    /// <summary>No change at all.</summary>
    public static ProblemChanges None { get; } = new([], [], 0);

    /// <summary>Whether there is something to tell.</summary>
    public bool Any => Begun.Count + Over.Count > 0;
}
