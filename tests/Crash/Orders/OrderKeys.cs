namespace Rescan.Crash.Orders;

/// <summary>What the requests under one key were answered, and what follows from that for the next ones.</summary>
internal sealed class OrderKeys
{
    // One for each of the two bodies that are sent under the key.
    private readonly string?[] answered = new string?[2];
    private readonly bool[] sent = new bool[2];
    private bool unsure;

    /// <summary>A key counts for a day. Where the clock was set, it is not known whether it has passed.</summary>
    public void NextDay()
    {
        if (!unsure)
        {
            Array.Clear(answered);
            Array.Clear(sent);
        }
    }

    /// <summary>The clock was set, so a day is not a day.</summary>
    public void Forget() => unsure = true;

    /// <summary>Whether the key is that of the other body.</summary>
    public bool IsOfOther(bool otherwise)
    {
        sent[Index(otherwise)] = true;
        return sent[Index(!otherwise)];
    }

    /// <summary>A request under the key was accepted.</summary>
    /// <returns>What is wrong about that.</returns>
    public IEnumerable<string> Accepted(bool otherwise, string requestId, bool replayed)
    {
        string? before = answered[Index(otherwise)];
        bool other = answered[Index(!otherwise)] is not null;
        sent[Index(otherwise)] = true;
        answered[Index(otherwise)] = requestId;
        if (unsure)
        {
            yield break;
        }

        if (other)
        {
            yield return "a key that was used for another body was accepted within the day";
        }

        if (replayed != (before is not null) || (replayed && before != requestId))
        {
            yield return $"a request under a key was answered with {requestId}, {(replayed ? "as before" : "as a new one")}; before it was {before ?? "none"}";
        }
    }

    private static int Index(bool otherwise) => otherwise ? 1 : 0;
}
