using Sluice.Core;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TraceFormatsTests
{
    public static TheoryData<string, string> Samples => new()
    {
        { "azure", "arrival_s,TIMESTAMP,ContextTokens,GeneratedTokens\n5,2023-11-16 18:00:05,10,20\n7.5,2023-11-16 18:00:07.5,30,40\n" },
        { "azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 23:59:58.0000000,10,20\n2023-11-17 00:00:00.5000000,30,40" },
        { "azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,10,20\n2024-05-10 01:00:02.509930+01:00,30,40\n" },
        { "apex", "arrival_s,StartTimeOffset_ns,ContextTokens,GeneratedTokens\n0.1,100000000,10,20\n2.6,2600000000,30,40\n" },
        { "apex", "StartTimeOffset_ns,ContextTokens,GeneratedTokens\n100000000,10,20\n2600000000,30,40\n" },
        { "mooncake", "arrival_s,timestamp,input_length,output_length,hash_ids\n1.000,1000,10,20,1\n3.500,3500,30,40,2\n" },
        { "mooncake", "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 20, \"hash_ids\": [1]}\n"
            + "{\"timestamp\": 2500, \"input_length\": 30, \"output_length\": 40, \"hash_ids\": [1]}\n" },
        { "qwen-bailian", "{\"chat_id\": 1, \"parent_chat_id\": -1, \"timestamp\": 61.5, \"input_length\": 10, \"output_length\": 20, \"type\": \"text\", \"turn\": 1, \"hash_ids\": [3]}\n"
            + "{\"chat_id\": 2, \"parent_chat_id\": 1, \"timestamp\": 64, \"input_length\": 30, \"output_length\": 40, \"type\": \"text\", \"turn\": 2, \"hash_ids\": [3, 4]}" },
        { "vtc", "arrival_s,client_id,input_tokens,output_tokens\n1e-05,7,10,20\n2.50001,3,30,40\n" },
        { "burstgpt", "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,10,20,30,Conversation log\n"
            + "7.5,GPT-4,30,40,70,API log\n" },
        { "vidur", "arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,20\n2.5,30,40\n" },
        { "generic", "Arrival,Prompt_Tokens,OUTPUT_TOKENS\n100,10,20\n102.5,30,40\n" },
        { "generic", "timestamp_ms,input_length,output_length,tenant\n0,10.0,20,acme\n2500,30,40.00,zeta\n" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_format_is_known_by_its_columns_and_counts_arrivals_from_the_first_request(string format, string text)
    {
        using TraceFile file = new(text);

        TraceReader reader = TraceReader.Open(file.Path);
        List<TraceRecord> records = [.. reader.Read()];

        Assert.Equal(format, reader.Format);
        Assert.Equal([(10, 20), (30, 40)], records.Select(r => (r.PromptTokens, r.AnswerTokens)));
        Assert.Equal([Instant.FromSeconds(0), Instant.FromSeconds(2.5)], records.Select(r => r.Arrival));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Packed_with_a_byte_order_mark_and_windows_line_ends_it_reads_the_same(string format, string text)
    {
        using TraceFile plain = new(text);
        using TraceFile packed = new(TraceFile.Packed("\uFEFF" + text.ReplaceLineEndings("\r\n\r\n")), "trace.gz");

        IEnumerable<string> Told(TraceFile file) => TraceReader.Open(file.Path, format).Read()
            .Select(r => $"{r.Arrival} {r.PromptTokens} {r.AnswerTokens} {r.Client} {string.Join(' ', r.Blocks.Names.ToArray())}");

        Assert.Equal(Told(plain), Told(packed));
    }

    [Fact]
    public void Clients_are_numbered_in_order_of_their_first_request()
    {
        List<TraceRecord> records = TraceFile.Records(
            "arrival_s,prompt_tokens,answer_tokens,client\n0,1,1,zoë\n0,1,1,\"a, b\"\n0,1,1,zoë\n0,1,1,\n");

        Assert.Equal([0, 1, 0, 2], records.Select(r => r.Client));
    }

    [Theory]
    [InlineData("mooncake", 512)]
    [InlineData("qwen-bailian", 16)]
    public void Block_names_keep_their_length_and_end_with_the_prompt(string format, int tokensPerName)
    {
        string line = "{\"chat_id\":1,\"timestamp\":0,\"input_length\":15,\"output_length\":1,\"hash_ids\":[18446744073709551615,2]}";

        TraceRecord record = Assert.Single(TraceFile.Records(line, format));

        Assert.Equal(tokensPerName, record.Blocks.TokensPerName);
        Assert.Equal([ulong.MaxValue], record.Blocks.Names.ToArray());
    }

    [Fact]
    public void A_sampled_servegen_file_is_told_from_a_vtc_one_by_its_name()
    {
        using TraceFile file = new("arrival_s,client_id,input_tokens,output_tokens\n0,1,2,3\n", "sampled_m-small.csv");

        Assert.Equal("servegen", TraceReader.Open(file.Path).Format);
    }

    [Theory]
    [InlineData("client_id,window_start_s,rate_rps,iat_cv,iat_dist,iat_shape\n0,2400,0.085,6.693,Gamma,0.02232\n")]
    [InlineData("client_id,window_start_s,field,p1,p50,max,mean\n0,0,input_tokens,46,143,1056,263.9\n")]
    public void Tables_of_servegen_clients_are_refused_in_favour_of_the_sampled_file(string text)
    {
        Assert.Contains("`sampled_` file", TraceFile.Refused(text).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_requests_of_burstgpt_are_left_out_and_counted()
    {
        using TraceFile file = new(
            "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n0,GPT-4,5,0,5,API log\n1,GPT-4,5,6,11,API log\n");
        TraceReader reader = TraceReader.Open(file.Path);

        TraceRecord record = Assert.Single(reader.Read());

        Assert.Equal((Instant.FromSeconds(0), 6, 1L), (record.Arrival, record.AnswerTokens, reader.SkippedLines));
    }

    [Fact]
    public void An_unknown_format_is_answered_with_the_nearest_name_and_the_list()
    {
        UnknownNameException error = Assert.Throws<UnknownNameException>(() => TraceFormats.Named("moncake"));

        Assert.Equal("mooncake", error.Nearest);
        Assert.Equal(TraceFormats.All.Select(f => f.Name), error.Names);
    }

    [Theory]
    [InlineData("Agent Sessions", "agent-sessions")]
    [InlineData("qwen_bailian", "qwen-bailian")]
    public void Names_are_forgiving_about_case_spaces_and_underscores(string typed, string meant)
    {
        Assert.Equal(meant, TraceFormats.Named(typed).Name);
    }
}
