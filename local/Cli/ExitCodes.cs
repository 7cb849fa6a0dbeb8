using Rescan.Functions.Appliances;
using Rescan.Functions.Storage;

namespace Rescan.Local.Cli;

/// <summary>What the command's exit codes mean.</summary>
internal static class ExitCodes
{
    public const int Rejected = 6;
    public const int Unreachable = 7;
    public const int Usage = 64;
    public const int Internal = 70;
    public const int State = 74;
    public const int Configuration = 78;
    public const int Interrupted = 130;

    /// <summary>Those that say how a rescan ended, as help lists them.</summary>
    public static readonly IReadOnlyList<(string Code, string Meaning)> OfRescans =
    [
        ("0, 2, 3, 4", "Succeeded, Warning, Failed, Canceled"), ("5, 6, 7, 8", "TimedOut, Rejected, Unreachable, Lost"),
    ];

    public static int Of(Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => 0,
        Outcome.Warning => 2,
        Outcome.Failed => 3,
        Outcome.Canceled => 4,
        Outcome.TimedOut => 5,
        Outcome.Rejected => Rejected,
        Outcome.Unreachable => Unreachable,
        _ => 8,
    };

    public static Outcome OutcomeOf(ApplianceException e) => e.IsTransient ? Outcome.Unreachable : Outcome.Rejected;
}

/// <summary>Ends the command with a message and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
