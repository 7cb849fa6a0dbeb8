namespace Rescan.Functions.Appliance;

/// <summary>Requests sent to an appliance, by kind.</summary>
public sealed record RequestTally
{
    private static readonly AsyncLocal<RequestTally?> Ambient = new();

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
    public static RequestTally Begin() => Ambient.Value = new RequestTally();

    /// <summary>The tally of the current asynchronous flow, if one was begun.</summary>
    public static RequestTally? Current => Ambient.Value;

    /// <summary>The sum of two tallies.</summary>
    public static RequestTally operator +(RequestTally left, RequestTally right) => left.Plus(right);

    /// <summary>The sum of this tally and another.</summary>
    public RequestTally Plus(RequestTally other) => new()
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
