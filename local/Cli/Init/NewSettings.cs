using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rescan.Local.Cli.Init;

/// <summary>Writes a settings file whole or not at all, for its owner's eyes alone.</summary>
/// <param name="path">The file.</param>
internal sealed class NewSettings(string path)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    };

    private readonly string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;

    /// <summary>Before anybody is asked anything: whether a file may be written there.</summary>
    /// <exception cref="CommandException">None may.</exception>
    public void RequireFolder()
    {
        if (Directory.Exists(path))
        {
            throw new CommandException(
                ExitCodes.Configuration,
                $"{path} is a folder; --settings names the file to write, such as {Path.Combine(path, Settings.SettingsFile.Usual)}.");
        }

        if (!Directory.Exists(folder))
        {
            throw new CommandException(
                ExitCodes.Configuration, $"The folder {folder} is not there. Make it, or name another file with --settings.");
        }

        try
        {
            using FileStream trial = new(
                Temporary(),
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                ExitCodes.Configuration,
                $"No file can be written in {folder}: {Errors.ErrorMessage.Reason(e)} Name another with --settings.");
        }
    }

    /// <summary>Writes beside the file and renames, so that nobody ever finds half of it.</summary>
    /// <param name="values">The settings.</param>
    /// <param name="replace">Whether a file that is there is replaced.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    public async Task WriteAsync(IReadOnlyDictionary<string, string?> values, bool replace, CancellationToken cancellationToken)
    {
        string temporary = Temporary();
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            FileStream file = new(temporary, options);
            await using (file)
            {
                await JsonSerializer.SerializeAsync(file, new { IsEncrypted = false, Values = values }, Format, cancellationToken);
                await file.WriteAsync("\n"u8.ToArray(), cancellationToken);
                await file.FlushAsync(cancellationToken);
                file.Flush(flushToDisk: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, path, replace);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private string Temporary() => Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
}
