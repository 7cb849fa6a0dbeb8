using System.Collections.Concurrent;

namespace Rescan.Local.Simulator;

/// <summary>The tokens that an appliance has granted, and its one account, which a number of bad passwords may lock.</summary>
/// <param name="options">How the appliance behaves.</param>
internal class TokenStore(SimulatorOptions options)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> access = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> refresh = new();
    private int badPasswords;

    /// <summary>Every token ever granted.</summary>
    public ConcurrentQueue<string> Granted { get; } = new();

    public string Password { get; set; } = options.Password;

    public bool IsLive(string bearer, DateTimeOffset now) => access.TryGetValue(bearer, out DateTimeOffset expires) && expires > now;

    public bool SignOut(string bearer) => access.TryRemove(bearer, out _);

    public virtual void Forget()
    {
        access.Clear();
        refresh.Clear();
    }

    public void ForgetRefreshTokens() => refresh.Clear();

    /// <summary>Whether the account is accepted; a bad password brings it nearer to being locked, a good one does not unlock it.</summary>
    public bool Accepts(string username, string password)
    {
        if (options.LockAfter is { } most && Volatile.Read(ref badPasswords) >= most)
        {
            return false;
        }

        if (username == options.Username && password == Password)
        {
            Volatile.Write(ref badPasswords, 0);
            return true;
        }

        Interlocked.Increment(ref badPasswords);
        return false;
    }

    /// <summary>A refresh token serves once.</summary>
    public bool TakeRefreshToken(string token, DateTimeOffset now) => refresh.TryRemove(token, out DateTimeOffset until) && until > now;

    /// <summary>Every grant, a refresh too, gives a new pair.</summary>
    public (string Access, string Refresh) Grant(DateTimeOffset now)
    {
        string bearer = Guid.NewGuid().ToString("N");
        string renewal = Guid.NewGuid().ToString("N");
        Granted.Enqueue(bearer);
        Granted.Enqueue(renewal);
        access[bearer] = now + options.TokenLifetime;
        refresh[renewal] = now + (options.RefreshLifetime ?? options.TokenLifetime + TimeSpan.FromHours(1));
        return (bearer, renewal);
    }
}
