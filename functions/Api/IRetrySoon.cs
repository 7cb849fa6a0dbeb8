namespace Rescan.Functions.Api;

/// <summary>Marks an exception that says: the request is right, but not at this moment. It is answered with 409 and Retry-After.</summary>
internal interface IRetrySoon;
