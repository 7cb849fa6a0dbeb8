using System.CommandLine;
using System.CommandLine.Parsing;

namespace Rescan.Local.Cli;

/// <summary>Numbers that an option takes.</summary>
internal static class Ranges
{
    public static void Check(OptionResult result, Option option, int least, int most)
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out int number) && (number < least || number > most))
        {
            result.AddError(most == int.MaxValue ? $"{option.Name} {number} is too small; {least} is the least."
                : $"{option.Name} {number} is not one of {least} to {most}.");
        }
    }
}
