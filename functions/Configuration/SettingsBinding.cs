using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Rescan.Functions.Configuration;

/// <summary>Binds options to settings so that the faults of all of them can be told at once.</summary>
internal static class SettingsBinding
{
    /// <summary>
    /// Binds what can be read; <see cref="SettingFaults"/> names the rest, where the binder would throw at the first and show its value.
    /// </summary>
    public static OptionsBuilder<TOptions> BindReadable<TOptions>(
        this OptionsBuilder<TOptions> builder, IConfiguration configuration, string section)
        where TOptions : class => builder.Configure(options => Readable(configuration).GetSection(section).Bind(options)).ValidateOnStart();

    /// <summary>What can be read.</summary>
    public static TOptions Read<TOptions>(IConfiguration configuration, string section)
        where TOptions : new() => Readable(configuration).GetSection(section).Get<TOptions>() ?? new TOptions();

    private static IConfiguration Readable(IConfiguration configuration) => new ConfigurationBuilder()
        .AddInMemoryCollection(configuration.GetSection(RescanOptions.Section).AsEnumerable()
            .Where(s => s.Value is not null && SettingKeys.Find(s.Key) is { } setting && SettingForm.Readable(setting, s.Value) is not null)
            .Select(s => KeyValuePair.Create(s.Key, (string?)SettingForm.Readable(SettingKeys.Find(s.Key)!, s.Value!))))
        .Build();
}
