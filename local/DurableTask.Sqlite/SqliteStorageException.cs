namespace DurableTask.Sqlite;

/// <summary>What is wrong with the storage of a task hub.</summary>
public enum SqliteStorageErrorKind
{
    /// <summary>The file, or what belongs to it, cannot be read or written for another reason.</summary>
    Unusable,

    /// <summary>The file is no database, no task hub, or its content makes no sense.</summary>
    Damaged,

    /// <summary>The file, its log or its lock is missing though it was in use.</summary>
    Missing,

    /// <summary>A newer version of this library wrote the file.</summary>
    NewerFormat,

    /// <summary>Another process holds the file.</summary>
    Locked,

    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>Another process took the task hub over, or its files were replaced.</summary>
    Lost,
}

/// <summary>
/// The storage of a task hub cannot be used. Once it is thrown by a running service, that service writes nothing any more.
/// </summary>
public sealed class SqliteStorageException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="kind">What is wrong.</param>
    /// <param name="message">The same in words, with the file and with what to do.</param>
    /// <param name="innerException">What SQLite or the system said.</param>
    public SqliteStorageException(SqliteStorageErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What is wrong.</summary>
    public SqliteStorageErrorKind Kind { get; }
}

/// <summary>A statement failed, such as by a constraint; the database itself is sound.</summary>
public sealed class SqliteErrorException : Exception
{
    internal SqliteErrorException(int errorCode, string message)
        : base(message) => ErrorCode = errorCode;

    /// <summary>SQLite's primary result code, such as 19 for a constraint.</summary>
    public int ErrorCode { get; }
}
