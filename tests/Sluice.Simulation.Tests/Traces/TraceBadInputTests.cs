using System.Text;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TraceBadInputTests
{
    private const string Header = "arrival_s,prompt_tokens,answer_tokens\n";

    [Theory]
    [InlineData("1,2", "3 fields")]
    [InlineData("1,2,3,4", "3 fields")]
    [InlineData("x,2,3", "a time from 0 to 200000000000 in `arrival_s`, found `x`")]
    [InlineData("-1,2,3", "a time from 0 to 200000000000 in `arrival_s`, found `-1`")]
    [InlineData("NaN,2,3", "a time from 0 to 200000000000")]
    [InlineData("1e300,2,3", "a time from 0 to 200000000000")]
    [InlineData("9e9,2,3", "within 100 years")]
    [InlineData("1,0,3", "from 1 to 16777216 in `prompt_tokens`, found `0`")]
    [InlineData("1,2,0", "from 1 to 16777216 in `answer_tokens`, found `0`")]
    [InlineData("1,-2,3", "a whole number of tokens")]
    [InlineData("1,2.5,3", "a whole number of tokens")]
    [InlineData("1,16777217,3", "a whole number of tokens")]
    [InlineData("1,99999999999999999999999999,3", "a whole number of tokens")]
    [InlineData("1,,3", "found nothing")]
    [InlineData("0.25,2,3", "does not come before the last one")]
    [InlineData("1,\"2,3", "a quoted field")]
    public void A_bad_line_is_named_with_what_was_expected_and_can_be_skipped(string line, string told)
    {
        string text = $"{Header}0,5,5\n0.5,6,6\n{line}\n2,7,7\n";
        using TraceFile file = new(text);

        TraceFormatException error = TraceFile.Refused(text);
        TraceReader lenient = TraceReader.Open(file.Path, skipBadLines: true);

        Assert.Equal(4, error.Line);
        Assert.Contains("trace.csv, line 4: expected ", error.Message, StringComparison.Ordinal);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.Equal([5, 6, 7], lenient.Read().Select(r => r.PromptTokens));
        Assert.Equal(1, lenient.SkippedLines);
    }

    [Theory]
    [InlineData("{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[1}")]
    [InlineData("{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[-1]}")]
    [InlineData("{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":\"1 2\"}")]
    [InlineData("{\"timestamp\":1,\"input_length\":2,\"hash_ids\":[1]}")]
    [InlineData("{\"timestamp\":1,\"input_length\":[2],\"output_length\":3,\"hash_ids\":[1]}")]
    [InlineData("{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[1]} x")]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("{\"timestamp\":null,\"input_length\":2,\"output_length\":3,\"hash_ids\":[1]}")]
    public void A_bad_line_of_json_likewise(string line)
    {
        const string good = "{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[1]}\n";
        string text = $"{good}{line}\n{good}";
        using TraceFile file = new(text);

        TraceReader lenient = TraceReader.Open(file.Path, skipBadLines: true);

        Assert.Equal(2, TraceFile.Refused(text).Line);
        Assert.Equal(2, lenient.Read().Count());
        Assert.Equal(1, lenient.SkippedLines);
    }

    [Fact]
    public void A_bad_first_line_of_json_can_be_skipped_too()
    {
        using TraceFile file = new("{\n{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[1]}\n");

        TraceSummary summary = TraceSummary.Of(TraceReader.Open(file.Path, skipBadLines: true));

        Assert.Equal((1L, 1L), (summary.Requests, summary.SkippedLines));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("a,b,c\n1,2,3\n")]
    [InlineData("arrival_s;prompt_tokens;answer_tokens\n1;2;3\n")]
    [InlineData("\"arrival_s,prompt_tokens\n")]
    public void A_file_that_is_no_trace_is_refused_with_a_sentence(string text)
    {
        string message = TraceFile.Refused(text).Message;

        Assert.Contains("trace.csv, line ", message, StringComparison.Ordinal);
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n  \n")]
    [InlineData(Header)]
    public void A_file_without_a_request_is_refused_as_a_whole(string text)
    {
        TraceFormatException refused = TraceFile.Refused(text);

        Assert.Null(refused.Line);
        Assert.Contains("trace.csv: expected at least one request, found nothing. ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_format_says_which_column_is_missing()
    {
        TraceFormatException error = TraceFile.Refused("arrival_s,ContextTokens\n1,2\n", "azure");

        Assert.Equal("a column `GeneratedTokens`, as every azure trace has", error.Expected);
    }

    [Fact]
    public void A_line_beyond_16_MiB_is_a_bad_line()
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"{Header}0,5,5\n{new string('9', 50_000_000)}\n2,7,7\n");
        using TraceFile file = new(bytes);
        TraceReader lenient = TraceReader.Open(file.Path, skipBadLines: true);

        Assert.Equal([5, 7], lenient.Read().Select(r => r.PromptTokens));
        Assert.Equal(1, lenient.SkippedLines);
        Assert.Equal(3, Assert.Throws<TraceFormatException>(() => TraceReader.Open(file.Path).Read().Count()).Line);
    }

    [Fact]
    public void A_packed_file_that_is_cut_short_is_damaged_wherever_it_is_cut()
    {
        byte[] packed = TraceFile.Packed(Header + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i},{i + 1},7\n")));
        for (int length = packed.Length - 1; length >= 0; length -= 13)
        {
            using TraceFile file = new(packed[..length]);

            Assert.Throws<TraceFormatException>(
                () => TraceReader.Open(file.Path, skipBadLines: true).Read().Count());
        }
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_told_apart()
    {
        using TraceFile file = new(Header);
        string folder = Path.GetDirectoryName(file.Path)!;

        string missing = Assert.Throws<ArgumentException>(() => TraceReader.Open(folder + "/none.csv")).Message;
        string isFolder = Assert.Throws<ArgumentException>(() => TraceReader.Open(folder)).Message;

        Assert.Contains("there is no such file", missing, StringComparison.Ordinal);
        Assert.Contains("it is a folder", isFolder, StringComparison.Ordinal);
    }
}
