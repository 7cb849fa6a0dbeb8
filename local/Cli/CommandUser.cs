using Rescan.Functions.Storage;

namespace Rescan.Local.Cli;

/// <summary>Who gives the command, as the system knows them.</summary>
internal static class CommandUser
{
    private const string SudoVariable = "SUDO_USER";

    /// <summary>The user as one who starts, cancels or pauses. Of root by sudo, who became root.</summary>
    public static Initiator Initiator =>
        new(InitiatorKind.Command, Name(Environment.UserName, Environment.GetEnvironmentVariable(SudoVariable)));

    internal static string? Name(string user, string? sudo) =>
        user == "root" && !string.IsNullOrWhiteSpace(sudo) && sudo != user ? $"{sudo} as root"
        : string.IsNullOrWhiteSpace(user) ? null : user;
}
