using System.Text;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TraceFuzzTests
{
    private static readonly string[] Pieces =
    [
        ",", "\n", "\r\n", "\"", "\"\"", "{", "}", "[", "]", ":", "0", "1", "-1", "1e9", "1e-9999", "1e99999", "NaN", "Infinity",
        "9223372036854775807", "18446744073709551616", "\0", "\uFEFF", "é", "\uD83D\uDE00", " ", "\t", "\\u0041", "\\",
        "2023-11-16 18:15:46.6805900", "2023-02-31 00:00:00", "9999-99-99 99:99:99", "hash_ids", "\"hash_ids\":[1,2]",
        "\"input_length\":", "null", "1 2 3", ".", "1.", ".5", "e5", "\n0,1,1\n", "1,1,1,1",
    ];

    [Fact]
    public void Any_text_gives_good_records_or_a_trace_format_exception()
    {
        string[] openings = [.. TraceFormatsTests.Samples.Select(s => (string)s[1]), "", "num_prefill_tokens,num_decode_tokens\n",
            "session_id,t_in_session_s,input_tokens,output_tokens,hash_ids\n", "hardware,model,input_tokens,output_tokens,queued_s\n"];
        for (int seed = 0; seed < 1000; seed++)
        {
            RandomStream chance = new RandomStreams(seed).Stream("fuzz");
            string opening = openings[chance.Next(openings.Length)];
            StringBuilder text = new(opening[..chance.Next(opening.Length + 1)]);
            for (int i = chance.Next(40); i > 0; i--)
            {
                text.Insert(chance.Next(10) == 0 ? chance.Next(text.Length + 1) : text.Length, Pieces[chance.Next(Pieces.Length)]);
            }

            Check(Encoding.UTF8.GetBytes(text.ToString()), seed);
        }
    }

    [Fact]
    public void Any_bytes_give_good_records_or_a_trace_format_exception()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            RandomStream chance = new RandomStreams(seed).Stream("fuzz");
            byte[] bytes = new byte[chance.Next(300)];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)chance.Next(256);
            }

            Check(bytes, seed);
            byte[] packed = TraceFile.Packed((string)TraceFormatsTests.Samples.First()[1]);
            packed[chance.Next(packed.Length)] ^= (byte)(1 << chance.Next(8));
            Check(packed, seed);
        }
    }

    private static void Check(byte[] bytes, int seed)
    {
        using TraceFile file = new(bytes);
        foreach (bool skipBadLines in new[] { false, true })
        {
            foreach (string? format in new[] { null, TraceFormats.All[seed % TraceFormats.All.Count].Name })
            {
                try
                {
                    long last = 0;
                    foreach (TraceRecord record in TraceReader.Open(file.Path, format, skipBadLines).Read())
                    {
                        Assert.True(record.Arrival.Ticks >= last, $"seed {seed}: arrival went back");
                        Assert.InRange(record.PromptTokens, 1, 1 << 24);
                        Assert.InRange(record.AnswerTokens, 1, 1 << 24);
                        Assert.True(record.Blocks.Tokens < record.PromptTokens + record.Blocks.TokensPerName, $"seed {seed}");
                        last = record.Arrival.Ticks;
                    }
                }
                catch (TraceFormatException e)
                {
                    Assert.Contains("expected", e.Message, StringComparison.Ordinal);
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"seed {seed}, format {format}: {e}");
                }
            }
        }
    }
}
