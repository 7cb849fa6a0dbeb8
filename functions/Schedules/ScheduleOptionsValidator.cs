using Microsoft.Extensions.Options;
using Rescan.Functions.Configuration;
using Rescan.Functions.Display;

namespace Rescan.Functions.Schedules;

/// <summary>Names every fault of the schedules' settings at once.</summary>
internal sealed class ScheduleOptionsValidator : IValidateOptions<RescanOptions>
{
    private const int MaxName = 40;
    private const int MaxShown = 60;

    public ValidateOptionsResult Validate(string? name, RescanOptions options)
    {
        List<string> faults = [];
        void Expect(bool holds, string key, string expected)
        {
            if (!holds)
            {
                faults.Add($"Rescan__Schedules__{key}: {expected}");
            }
        }

        Dictionary<string, int> names = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < options.Schedules.Count; i++)
        {
            ScheduleOptions schedule = options.Schedules[i];
            string key = $"{i}__";
            string own = new Schedule(schedule).Name;
            Expect(
                own.Length <= MaxName && own.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'), key + "Name",
                $"a name of letters, digits and hyphens, at most {MaxName}");
            Expect(
                names.TryAdd(own, i), key + "Name",
                $"a name of its own; '{Shown(own)}' is that of Rescan__Schedules__{names.GetValueOrDefault(own)}");
            Expect(Schedule.IsCron(schedule.Cron), key + "Cron", $"{Schedule.ExpectedCron}; it is '{Shown(schedule.Cron)}'");
            Expect(
                string.IsNullOrWhiteSpace(schedule.Zone) || TimeZones.Find(schedule.Zone.Trim()) is not null, key + "Zone",
                $"'{Shown(schedule.Zone)}' is not {TimeZones.Expected}{Meant(TimeZones.Nearest(schedule.Zone))}");
            for (int a = 0; a < schedule.Appliances.Count; a++)
            {
                string appliance = schedule.Appliances[a];
                Expect(
                    string.IsNullOrWhiteSpace(appliance)
                        || options.Appliances.Any(o => string.Equals(o.Name, appliance, StringComparison.OrdinalIgnoreCase)),
                    $"{key}Appliances__{a}",
                    $"no appliance is named '{Shown(appliance)}'"
                        + Meant(NearestName.Of(appliance, options.Appliances.Select(o => o.Name))));
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string Shown(string text) => SafeText.Line(text, MaxShown);

    private static string Meant(string? near) => near is null ? "" : $". Did you mean {near}?";
}
