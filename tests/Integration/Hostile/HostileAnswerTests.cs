using System.Globalization;
using Rescan.Crash.Hostile;
using Rescan.Local.Simulator;
using Rescan.Tests.Integration.Durability;

namespace Rescan.Tests.Integration.Hostile;

/// <summary>Appliances that break one thing at a time; <c>./test --hostile N SEED</c> takes as many as wanted.</summary>
public sealed class HostileAnswerTests
{
    [Theory]
    [InlineData(SimulatedKind.VeeamBackupForAws)]
    [InlineData(SimulatedKind.VeeamBackupAndReplication)]
    public async Task Whatever_an_appliance_answers_two_hundred_rescans_end_with_an_outcome(SimulatedKind kind)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("RESCAN_TEST_ANSWERS"), CultureInfo.InvariantCulture, out int wanted)
            ? wanted : 200;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("RESCAN_TEST_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given : 1;

        Assert.Equal("", string.Join('\n', await new HostileAnswers(kind).TryAsync(count, seed, _ => { })));
    }
}
