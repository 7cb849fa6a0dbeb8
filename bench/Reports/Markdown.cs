using System.Globalization;
using System.Text;

namespace Rescan.Bench.Reports;

/// <summary>Markdown tables, laid out so that they read as text, too.</summary>
internal static class Markdown
{
    /// <summary>A number as the reports write it.</summary>
    public static string Format(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Appends a table and an empty line; the first column is set left, the others right.</summary>
    public static void Table(StringBuilder text, string[] head, IEnumerable<string[]> body)
    {
        string[][] rows = [head, .. body];
        int[] widths = [.. head.Select((_, column) => rows.Max(row => row[column].Length))];
        void Row(Func<int, string> value) =>
            text.Append("| ").AppendJoin(" | ", widths.Select((_, column) => value(column))).Append(" |\n");

        for (int i = 0; i < rows.Length; i++)
        {
            string[] row = rows[i];
            Row(column => column == 0 ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column]));
            if (i == 0)
            {
                Row(column => column == 0 ? new string('-', widths[column]) : new string('-', widths[column] - 1) + ":");
            }
        }

        text.Append('\n');
    }
}
