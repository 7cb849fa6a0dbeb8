namespace DurableTask.Sqlite;

/// <summary>The files of a task hub, by name.</summary>
internal static class HubFiles
{
    private static readonly string[] Suffixes = ["-wal", "-shm", ""];

    public static string Lock(string file) => file + ".lock";

    public static string Log(string file) => file + "-wal";

    public static string SharedMemory(string file) => file + "-shm";

    private static string Aside(string file) => file + ".aside";

    private static string Copy(string file) => file + ".copy";

    /// <summary>Makes the folder, for this user only.</summary>
    public static void CreateFolder(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Makes an empty file, for this user only.</summary>
    public static void Create(string file)
    {
        if (!File.Exists(file))
        {
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                // SQLite gives its log the rights of the file.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(file, options).Dispose();
        }
    }

    /// <summary>
    /// Takes a database from a process that was stopped within a transaction, whose lock SQLite keeps. The files move aside first: that
    /// process compares them before it acknowledges anything, so what it acknowledged is in the copy, and what it commits later nobody
    /// sees.
    /// </summary>
    public static void Replace(string file)
    {
        Move(file, Aside(file));
        File.Delete(Copy(file));
        Create(Copy(file));
        using (SqliteSession db = SqliteSession.Open(Aside(file), readOnly: true))
        {
            db.Execute("VACUUM INTO ?1", Copy(file));
        }

        File.Move(Copy(file), file);
        foreach (string suffix in Suffixes)
        {
            File.Delete(Aside(file) + suffix);
        }
    }

    /// <summary>Puts back what <see cref="Replace"/> moved aside, when the process ended in the middle of it.</summary>
    public static void Restore(string file)
    {
        if (!File.Exists(file) && File.Exists(Aside(file)))
        {
            Move(Aside(file), file);
        }
    }

    /// <summary>Makes the file with its tables; when another process is about to, that one does.</summary>
    /// <exception cref="SqliteStorageException">It is missing though it was in use, or cannot be read.</exception>
    public static void Prepare(string file)
    {
        CreateFolder(file);
        using FileStream? held = LockFile.TryTake(Lock(file));
        if (held is null)
        {
            return;
        }

        Restore(file);
        RequireUnlessNew(file, held);
        Create(file);
        using SqliteSession db = SqliteSession.Open(file);
        Schema.Prepare(db, file);
        Mark(held);
    }

    /// <summary>Makes sure that a database that was in use is still there.</summary>
    /// <exception cref="SqliteStorageException">It is not.</exception>
    public static void RequireUnlessNew(string file, FileStream held)
    {
        if (held.Length > 0 && !File.Exists(file))
        {
            throw new SqliteStorageException(
                SqliteStorageErrorKind.Missing,
                $"The database file {file} is missing, but was in use before. Put it back, or delete {Lock(file)} to start with nothing.");
        }
    }

    /// <summary>Leaves a sign in the lock that there is a database, so that a missing database is not silently recreated.</summary>
    public static void Mark(FileStream held)
    {
        if (held.Length == 0)
        {
            held.Write("in use\n"u8);
            held.Flush(flushToDisk: true);
        }
    }

    /// <summary>Deletes the whole task hub.</summary>
    /// <exception cref="SqliteStorageException">A process owns it.</exception>
    public static void DeleteUnowned(string file)
    {
        CreateFolder(file);
        using FileStream held = LockFile.TryTake(Lock(file))
            ?? throw new SqliteStorageException(
                SqliteStorageErrorKind.Locked, $"The task hub {file} is in use by another process. Stop that one first.");
        foreach (string suffix in Suffixes)
        {
            File.Delete(file + suffix);
            File.Delete(Aside(file) + suffix);
        }

        held.SetLength(0);
    }

    // The database leads when it goes and comes last when it returns, so that a name never stands for a part.
    private static void Move(string from, string to)
    {
        foreach (string suffix in to.Length > from.Length ? Suffixes.Reverse() : Suffixes)
        {
            if (File.Exists(from + suffix))
            {
                File.Move(from + suffix, to + suffix, overwrite: true);
            }
        }
    }
}
