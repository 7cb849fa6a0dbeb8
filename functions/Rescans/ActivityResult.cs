using Rescan.Functions.Appliances;

namespace Rescan.Functions.Rescans;

/// <summary>
/// What an activity returns: a value, or the error it met. Both are data, so that the orchestration never has to read an exception's text.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="Value">The value; null where there was an error.</param>
/// <param name="Error">The error, if any.</param>
/// <param name="Requests">Requests sent to the appliance, by kind.</param>
public sealed record ActivityResult<T>(T? Value, ApplianceError? Error, RequestCounts Requests)
    where T : class;

/// <summary>A failed call to the appliance, as it is kept in history.</summary>
/// <param name="Failure">What it means.</param>
/// <param name="Message">What was wrong and what to do; holds no secret.</param>
/// <param name="RetryAfter">How long the appliance asked to wait.</param>
public sealed record ApplianceError(ApplianceFailure Failure, string Message, TimeSpan? RetryAfter);

/// <summary>Runs an activity's calls to the appliance and turns their failures into data.</summary>
internal static class ActivityResult
{
    public static async Task<ActivityResult<T>> FromAsync<T>(Func<Task<T>> call)
        where T : class
    {
        RequestCounts requests = RequestCounts.Begin();
        try
        {
            return new ActivityResult<T>(await call(), null, requests);
        }
        catch (ApplianceException e)
        {
            return new ActivityResult<T>(null, new ApplianceError(e.Failure, e.Message, e.RetryAfter), requests);
        }
        catch (UnknownApplianceException e)
        {
            return new ActivityResult<T>(null, new ApplianceError(ApplianceFailure.Rejected, e.Message, null), requests);
        }
    }
}
