using Rescan.Functions.Appliance;

namespace Rescan.Functions.Activities;

/// <summary>What an activity brings home: a value, or the trouble it met. Both are data, so that the orchestration never has to read an exception's text.</summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="Value">The value; null where there was trouble.</param>
/// <param name="Trouble">The trouble, if any.</param>
/// <param name="Requests">Requests sent to the appliance, by kind.</param>
public sealed record ActivityAnswer<T>(T? Value, ApplianceTrouble? Trouble, RequestTally Requests)
    where T : class;

/// <summary>A failed call to the appliance, as it is kept in history.</summary>
/// <param name="Failure">What it means.</param>
/// <param name="Message">What was wrong and what to do; holds no secret.</param>
/// <param name="RetryAfter">How long the appliance asked to wait.</param>
public sealed record ApplianceTrouble(ApplianceFailure Failure, string Message, TimeSpan? RetryAfter);

/// <summary>Runs an activity's calls to the appliance and turns their failures into data.</summary>
internal static class ActivityAnswer
{
    public static async Task<ActivityAnswer<T>> FromAsync<T>(Func<Task<T>> call)
        where T : class
    {
        RequestTally requests = RequestTally.Begin();
        try
        {
            return new ActivityAnswer<T>(await call().ConfigureAwait(false), null, requests);
        }
        catch (ApplianceException e)
        {
            return new ActivityAnswer<T>(null, new ApplianceTrouble(e.Failure, e.Message, e.RetryAfter), requests);
        }
        catch (UnknownApplianceException e)
        {
            return new ActivityAnswer<T>(null, new ApplianceTrouble(ApplianceFailure.Rejected, e.Message, null), requests);
        }
    }
}
