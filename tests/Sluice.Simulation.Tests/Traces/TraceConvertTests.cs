using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TraceConvertTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(512)]
    public void What_is_written_reads_back_to_the_tick(int tokensPerName)
    {
        PromptBlocks Blocks(params ulong[] names) =>
            tokensPerName == 1 ? PromptBlocks.Unknown : new PromptBlocks(names, tokensPerName);
        TraceRecord[] records =
        [
            new(new Instant(0), 9, 1, 0, Blocks()),
            new(new Instant(1), 1024, 2, 1, Blocks(1, ulong.MaxValue)),
            new(new Instant(98_765_432_101), 2048, 3, 0, Blocks(7)),
        ];
        StringWriter writer = new();

        long count = TraceConvert.Write(records, writer);
        List<TraceRecord> back = TraceFile.Records(writer.ToString());

        Assert.Equal(3, count);
        Assert.Equal(records.Select(Told), back.Select(Told));
    }

    [Fact]
    public void Applications_stand_in_a_column_of_their_own_which_may_be_empty()
    {
        TraceRecord record = new(default, 9, 1, 0, PromptBlocks.Unknown);
        TraceRecord[] records = [record with { Application = 1 }, record with { Application = 2 }, record, record with { Application = 1 }];
        StringWriter writer = new();

        TraceConvert.Write(records, writer);

        Assert.StartsWith("arrival_s,prompt_tokens,answer_tokens,client,application\n", writer.ToString(), StringComparison.Ordinal);
        Assert.Equal([1L, 2, 0, 1], TraceFile.Records(writer.ToString()).Select(r => r.Application));
        Assert.Throws<ArgumentException>(() => TraceConvert.Write([record, records[0]], new StringWriter()));
    }

    [Fact]
    public void Blocks_of_two_lengths_do_not_fit_one_file()
    {
        TraceRecord record = new(default, 9, 1, 0, PromptBlocks.Unknown);

        Assert.Throws<ArgumentException>(() => TraceConvert.Write(
            [record, record with { Blocks = new PromptBlocks(new ulong[] { 1 }, 16) }], new StringWriter()));
    }

    private static string Told(TraceRecord r) =>
        $"{r.Arrival.Ticks} {r.PromptTokens} {r.AnswerTokens} {r.Client} {r.Blocks.TokensPerName} "
        + string.Join(' ', r.Blocks.Names.ToArray());
}
