using System.Globalization;

namespace Sluice.Simulation.Traces;

/// <summary>Writes a trace as generic CSV: arrival_s, prompt_tokens, answer_tokens, client and maybe application and hash_ids.</summary>
/// <remarks>
/// Reading it back gives the same records to the tick. Block names of 512 tokens stand under <c>hash_ids</c>, those
/// of N tokens under <c>hash_ids_N</c>.
/// </remarks>
public static class TraceConvert
{
    /// <summary>Writes the records as they come; returns how many.</summary>
    public static long Write(IEnumerable<TraceRecord> records, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(writer);
        long count = 0;
        int tokensPerName = 1;
        bool withApplications = false;
        foreach (TraceRecord record in records)
        {
            if (count++ == 0)
            {
                tokensPerName = record.Blocks.TokensPerName;
                withApplications = record.Application > 0;
                writer.Write("arrival_s,prompt_tokens,answer_tokens,client");
                writer.Write(withApplications ? ",application" : "");
                writer.Write(tokensPerName switch { 1 => "\n", 512 => ",hash_ids\n", _ => $",hash_ids_{tokensPerName}\n" });
            }
            else if (record.Blocks.TokensPerName != tokensPerName)
            {
                throw new ArgumentException(
                    $"Record {count} names blocks of {record.Blocks.TokensPerName} tokens where the first names blocks "
                    + $"of {tokensPerName}. Write the two as two files.");
            }

            else if (record.Application > 0 && !withApplications)
            {
                throw new ArgumentException(
                    $"Record {count} is of an application where the first is of none. Begin with one that is.");
            }

            WriteLine(record, withApplications, tokensPerName > 1, writer);
        }

        return count;
    }

    private static void WriteLine(in TraceRecord record, bool withApplication, bool withBlocks, TextWriter writer)
    {
        (long seconds, long ticks) = Math.DivRem(record.Arrival.Ticks, TimeSpan.TicksPerSecond);
        Span<char> text = stackalloc char[80];
        text.TryWrite(
            CultureInfo.InvariantCulture,
            $"{seconds}.{ticks:D7},{record.PromptTokens},{record.AnswerTokens},{record.Client}",
            out int length);
        writer.Write(text[..length]);
        if (withApplication)
        {
            writer.Write(',');
            writer.Write(record.Application > 0 ? record.Application.ToString(CultureInfo.InvariantCulture) : "");
        }

        if (withBlocks)
        {
            char before = ',';
            foreach (ulong name in record.Blocks.Names.Span)
            {
                writer.Write(before);
                before = ' ';
                name.TryFormat(text, out length, provider: CultureInfo.InvariantCulture);
                writer.Write(text[..length]);
            }

            if (before == ',')
            {
                writer.Write(before);
            }
        }

        writer.Write('\n');
    }
}
