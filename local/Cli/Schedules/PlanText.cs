using System.Globalization;
using Rescan.Functions.Notifications;
using Rescan.Functions.Rescans;
using Rescan.Functions.Schedules;
using Rescan.Local.Cli.Terminal;

namespace Rescan.Local.Cli.Schedules;

/// <summary>What the next scheduled run would do, as people read it.</summary>
internal static class PlanText
{
    private const int Indent = 2;

    /// <param name="plan">The plan.</param>
    /// <param name="isServed">Whether a process runs that would begin the run.</param>
    /// <param name="screen">Where the table goes.</param>
    /// <param name="remarks">Where the sentences go when the table goes to a program.</param>
    /// <param name="now">The time.</param>
    public static void Print(PlanView plan, bool isServed, Screen screen, Screen remarks, DateTimeOffset now)
    {
        Screen said = screen.Width is null ? remarks : screen;
        said.Say(Due(plan, isServed, now));
        said.Say(Counts(plan));
        if (plan.Items.Count + plan.LeftOut.Count > 0 || screen.Width is null)
        {
            Table(plan).Print(screen);
        }

        foreach (ApplianceErrorView error in plan.Errors)
        {
            said.Say("error: " + Words.Line(error.Error), Indent);
        }

        foreach (string warning in plan.Warnings)
        {
            said.Say("warning: " + Words.Line(warning), Indent);
        }
    }

    /// <summary>What would be rescanned, in the order of turns, then what would be left out.</summary>
    public static Table Table(PlanView plan)
    {
        Table table = new(Column.NameOf("repository"), Column.NameOf("appliance", 1), Column.Value("plan"), Column.Text("why not"));
        foreach (PlannedRescan item in plan.Items)
        {
            table.Add(item.Repository.Name, item.Appliance, "Rescan", "");
        }

        foreach (PlannedOmission omission in plan.LeftOut)
        {
            table.Add(omission.Repository.Name, omission.Appliance, Cell.Quiet("LeaveOut"), omission.Reason);
        }

        return table;
    }

    private static string Due(PlanView plan, bool isServed, DateTimeOffset now)
    {
        string paused = plan.Paused is { } pause
            ? $" It is paused until {ScheduleText.At(pause.Until, plan.TimeZone)}{(pause.Reason is { } why ? $" ({Words.Line(why)})" : "")}."
            : "";
        return plan switch
        {
            { IsEnabled: false } => $"The timer is switched off (AzureWebJobs.{nameof(StartScheduledRuns)}.Disabled): no run is due.",
            { DueAt: null } => $"Schedule {plan.Schedule} is never due.",
            { DueAt: { } due } => $"Schedule {plan.Schedule} runs next at {ScheduleText.At(due, plan.TimeZone)}, in "
                + $"{DisplayFormat.Duration(due - now)}{(isServed ? "." : ", if rescan serve runs then: no process serves this state now.")}{paused}",
        };
    }

    private static string Counts(PlanView plan)
    {
        int all = plan.Items.Count + plan.LeftOut.Count;
        string others = plan.OtherAppliances.Count == 0 ? ""
            : $" The schedule does not name {string.Join(", ", plan.OtherAppliances)}.";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"It would rescan {plan.Items.Count} of {all} {(all == 1 ? "repository" : "repositories")} listed now.{others}");
    }
}
