using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Rescan.Functions.Api;
using Rescan.Functions.Api.Callers;
using Rescan.Functions.Api.OpenApi;
using Rescan.Functions.Display;
using Rescan.Functions.Notifications;
using Rescan.Functions.Storage;

namespace Rescan.Functions.Schedules;

/// <summary>The HTTP API of the schedules.</summary>
/// <param name="reader">Reads the schedules.</param>
/// <param name="plan">The schedules.</param>
/// <param name="store">Keeps pauses.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduleApi(ScheduleReader reader, SchedulePlan plan, ScheduleStore store, TimeProvider time)
{
    /// <summary>When the next runs are due, and what became of the last ones.</summary>
    [Function("GetScheduleApi")]
    [ApiOperation("When the next scheduled runs are due, and what became of the last ones.", Answer = typeof(SchedulesView))]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "schedule")] HttpRequest request,
        CancellationToken cancellationToken) =>
        ApiJson.AnswerAsync(request, CallerRole.Viewer, async _ => ApiJson.Ok(await reader.ReadAsync(cancellationToken)));

    /// <summary>Pauses the schedules, or one, until a time.</summary>
    [Function("PauseScheduleApi")]
    [ApiOperation(
        "Pauses the schedules, or one, until a time: runs that are due before are skipped.", Body = typeof(PauseRequest),
        Answer = typeof(SchedulesView), Problems = [404, 413, 415])]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "schedule/pause")] HttpRequest request,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async caller =>
        {
            if (!request.HasJsonContentType())
            {
                throw new RequestRefusedException(StatusCodes.Status415UnsupportedMediaType, "Send the body as application/json.");
            }

            PauseRequest wish = PauseRequest.Read(await RequestReader.ReadBodyAsync(request, cancellationToken));
            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset until = wish.EndsAt(now);
            await store.PauseAsync(
                new SchedulePause(Known(wish.Schedule), until, now, wish.Reason) { By = caller.AsInitiator() }, cancellationToken);
            return ApiJson.Ok(await reader.ReadAsync(cancellationToken));
        });

    /// <summary>Ends a pause before its time.</summary>
    [Function("ResumeScheduleApi")]
    [ApiOperation("Ends every pause, or that of one schedule, before its time.", Answer = typeof(SchedulesView), Problems = [404, 409])]
    [ApiParameter("schedule", "The schedule's name; every pause ends unless given.")]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "schedule/pause")] HttpRequest request,
        CancellationToken cancellationToken) => ApiJson.AnswerAsync(request, CallerRole.Operator, async _ =>
        {
            string? schedule = Known(ApiQuery.Text(request, "schedule"));
            DateTimeOffset now = time.GetUtcNow();
            await store.ResumeAsync(schedule, cancellationToken);
            SchedulesView view = await reader.ReadAsync(cancellationToken);
            if (view.Paused is { } paused)
            {
                throw new RequestRefusedException(
                    StatusCodes.Status409Conflict,
                    plan.PausedUntil > now
                        ? $"The setting Rescan__PausedUntil pauses all schedules until {DisplayFormat.Time(paused.Until)}: change it there."
                        : $"All schedules are paused until {DisplayFormat.Time(paused.Until)}, and this one with them: end that pause.");
            }

            return ApiJson.Ok(view);
        });

    /// <summary>The schedule's name as the settings have it.</summary>
    private string? Known(string? name) => name is null ? null
        : plan.Schedules.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))?.Name
            ?? throw new KeyNotFoundException(
                $"No schedule is named '{SafeText.Line(name, 60)}'; there is {string.Join(", ", plan.Schedules.Select(s => s.Name))}.");
}
