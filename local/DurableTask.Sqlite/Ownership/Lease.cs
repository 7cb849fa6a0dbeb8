namespace DurableTask.Sqlite;

/// <summary>Who owns the task hub, as the database has it.</summary>
/// <param name="Epoch">Grows with every owner; a write of an older one is refused.</param>
/// <param name="Beat">Grows with every sign of life.</param>
/// <param name="HasLock">Whether the owner holds the lock file; one that took over from a stopped process does not at first.</param>
/// <param name="Released">Whether the owner ended cleanly.</param>
/// <param name="Holder">The owner, for people.</param>
internal sealed record Lease(long Epoch, long Beat, bool HasLock, bool Released, string Holder)
{
    public static readonly string Me = $"process {Environment.ProcessId} on {Environment.MachineName}";

    public static Lease Read(SqliteSession db) => db.Query(
        "SELECT epoch, beat, has_lock, released, holder FROM owner",
        row => new Lease(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) != 0, row.GetInt64(3) != 0, row.GetString(4)!)) is [var lease]
            ? lease : throw new InvalidDataException("it has no owner row");

    public static void Claim(SqliteSession db, long epoch, bool hasLock) => db.Execute(
        "UPDATE owner SET epoch = ?1, beat = beat + 1, has_lock = ?2, released = 0, holder = ?3", epoch, hasLock ? 1 : 0, Me);

    public static void Renew(SqliteSession db, bool hasLock) =>
        db.Execute("UPDATE owner SET beat = beat + 1, has_lock = ?1", hasLock ? 1 : 0);

    public static void Release(SqliteSession db) => db.Execute("UPDATE owner SET released = 1");

    /// <summary>Makes sure, within a transaction, that nobody took over.</summary>
    /// <exception cref="SqliteStorageException">Somebody did.</exception>
    public static void Require(SqliteSession db, long epoch, string file)
    {
        if (db.QueryInt64("SELECT epoch FROM owner") != epoch)
        {
            throw new SqliteStorageException(
                SqliteStorageErrorKind.Lost,
                $"The task hub {file} was taken over by {Read(db).Holder}, since this process gave no sign of life. "
                    + "It has written nothing since. Start it again.");
        }
    }
}
