using System.CommandLine;

namespace Rescan.Local.Cli;

/// <summary>The options that say where rescans and their outcomes are kept.</summary>
internal sealed class StateLocationArguments
{
    private readonly Option<string> state = new(
        "--state")
    { HelpName = "FOLDER", Description = "folder of the state", DefaultValueFactory = _ => AppHost.DefaultState };
    private readonly Option<string?> storage = new("--storage")
    {
        HelpName = "WHERE",
        Description =
            "keep it in Azure Storage instead of files: a connection string, or an account's https address for use with your identity; "
                + "'azurite' tries it out on the emulator, fetched by npm, with its data in the state folder",
    };

    private readonly Option<string> hub = new(
        "--hub")
    { HelpName = "NAME", Description = "name of the task hub in the storage account", DefaultValueFactory = _ => "Rescan" };

    public void AddTo(Command command)
    {
        command.Add(state);
        command.Add(storage);
        command.Add(hub);
    }

    /// <summary>Opens the location, with the emulator running where that was asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="onStandBy">Called once when another process owns it and this one waits; null: refused then.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<StateLocation> OpenAsync(ParseResult parse, Action? onStandBy, CancellationToken cancellationToken)
    {
        PrivateFiles.Use();
        return StateLocation.OpenAsync(
            Path.GetFullPath(parse.GetValue(state)!), parse.GetValue(storage), parse.GetValue(hub)!, onStandBy, cancellationToken);
    }

    /// <summary>Whether the state is files of this machine.</summary>
    public bool IsFolder(ParseResult parse) => parse.GetValue(storage) is null;

    /// <summary>Opens the location to read it, beside the process that owns it.</summary>
    public Task<StateLocation> LookAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        PrivateFiles.Use();
        return StateLocation.LookAsync(
            Path.GetFullPath(parse.GetValue(state)!), parse.GetValue(storage), parse.GetValue(hub)!, cancellationToken);
    }
}
