using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rescan.Failpoints;

/// <summary>Every commit of every SQLite connection, by SQLite's own hooks.</summary>
internal static unsafe class Commits
{
    private const uint ProfileEvents = 2;
    private static readonly Lock Gate = new();
    private static readonly HashSet<nint> Committing = [];
    private static Action<string> pass = _ => { };

    public static void Watch(Action<string> onPass)
    {
        pass = onPass;
        _ = sqlite3_auto_extension((delegate* unmanaged[Cdecl]<nint, nint, nint, int>)&Opened);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Opened(nint db, nint error, nint api)
    {
        sqlite3_commit_hook(db, (delegate* unmanaged[Cdecl]<nint, int>)&Commit, db);
        _ = sqlite3_trace_v2(db, ProfileEvents, (delegate* unmanaged[Cdecl]<uint, nint, nint, nint, int>)&Done, db);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Commit(nint db)
    {
        lock (Gate)
        {
            Committing.Add(db);
        }

        pass($"commit {FileOf(db)} before");
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Done(uint kind, nint db, nint statement, nint time)
    {
        bool committed;
        lock (Gate)
        {
            committed = sqlite3_get_autocommit(db) != 0 && Committing.Remove(db);
        }

        if (committed)
        {
            pass($"commit {FileOf(db)} after");
        }

        return 0;
    }

    private static string FileOf(nint db) =>
        Path.GetFileNameWithoutExtension(Marshal.PtrToStringUTF8(sqlite3_db_filename(db, "main\0"u8.ToArray()))) ?? "memory";

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern int sqlite3_auto_extension(delegate* unmanaged[Cdecl]<nint, nint, nint, int> entry);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern nint sqlite3_commit_hook(nint db, delegate* unmanaged[Cdecl]<nint, int> hook, nint context);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern int sqlite3_trace_v2(
        nint db, uint mask, delegate* unmanaged[Cdecl]<uint, nint, nint, nint, int> callback, nint context);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern int sqlite3_get_autocommit(nint db);

    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    private static extern nint sqlite3_db_filename(nint db, byte[] name);
}
