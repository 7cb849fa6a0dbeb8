namespace Rescan.Functions.Appliances;

/// <summary>What a session says about itself, by what its appliance's documentation tells.</summary>
public enum SessionNature
{
    /// <summary>Neither that it is a rescan nor that it is not.</summary>
    Unknown,

    /// <summary>That it is a rescan.</summary>
    Rescan,

    /// <summary>That it is of the type of rescans, which the appliance's own work has too: only its log can tell.</summary>
    Ambiguous,

    /// <summary>That it is other work.</summary>
    OtherWork,
}
