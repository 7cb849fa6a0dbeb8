namespace Rescan.Functions.Appliances;

/// <summary>Requests sent to an appliance, by kind.</summary>
public sealed record RequestCounts
{
    private static readonly AsyncLocal<RequestCounts?> Ambient = new();

    /// <summary>Sign-ins, refreshes and sign-outs.</summary>
    public int Token { get; set; }

    /// <summary>Pages of repositories.</summary>
    public int Repositories { get; set; }

    /// <summary>Rescan posts.</summary>
    public int Rescan { get; set; }

    /// <summary>Session reads, single or listed.</summary>
    public int Session { get; set; }

    /// <summary>Log reads.</summary>
    public int Log { get; set; }

    /// <summary>Stops.</summary>
    public int Stop { get; set; }

    /// <summary>Everything else, such as the product version.</summary>
    public int Other { get; set; }

    /// <summary>Counts what the current asynchronous flow sends from here on into a new tally.</summary>
    public static RequestCounts Begin() => Ambient.Value = new RequestCounts();

    /// <summary>The tally of the current asynchronous flow, if one was begun.</summary>
    public static RequestCounts? Current => Ambient.Value;

    /// <summary>The sum of two tallies.</summary>
    public static RequestCounts operator +(RequestCounts left, RequestCounts right) => left.Plus(right);

    /// <summary>The sum of this tally and another.</summary>
    public RequestCounts Plus(RequestCounts other) => new()
    {
        Token = Token + other.Token,
        Repositories = Repositories + other.Repositories,
        Rescan = Rescan + other.Rescan,
        Session = Session + other.Session,
        Log = Log + other.Log,
        Stop = Stop + other.Stop,
        Other = Other + other.Other,
    };
}
