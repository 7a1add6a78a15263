using Sluice.Core;

namespace Sluice.Simulation.Traces;

/// <summary>The formats a trace may have: the one list from which detection, help and error messages draw.</summary>
public static class TraceFormats
{
    private const int Seconds = 7;
    private const int Milliseconds = 4;
    private const int Microseconds = 1;
    private const int Nanoseconds = -2;

    /// <summary>All formats. The first that claims a file's columns has it, so the most particular come first.</summary>
    public static IReadOnlyList<TraceFormat> All { get; } =
    [
        new("agent-sessions", "session_id, t_in_session_s, input_tokens, output_tokens, hash_ids of 64 tokens; "
            + "sessions start by a Poisson process, each is a client and an application")
        {
            Arrival = [new("t_in_session_s", Seconds)],
            Prompt = ["input_tokens"],
            Answer = ["output_tokens"],
            Client = ["session_id"],
            Blocks = ["hash_ids"],
            Marks = ["session_id"],
            TokensPerName = 64,
            Placement = Placement.Sessions,
        },
        new("vllm-measured", "hardware, model, input_tokens, output_tokens, arrival_s or queued_s; choose a run with "
            + "FILE#HARDWARE or FILE#HARDWARE/MODEL")
        {
            Arrival = [new("arrival_s", Seconds), new("queued_s", Seconds)],
            Prompt = ["input_tokens"],
            Answer = ["output_tokens"],
            Marks = ["hardware", "model"],
            Placement = Placement.Runs,
        },
        new("apex", "arrival_s or StartTimeOffset_ns, ContextTokens, GeneratedTokens")
        {
            Arrival = [new("arrival_s", Seconds), new("StartTimeOffset_ns", Nanoseconds)],
            Prompt = ["ContextTokens"],
            Answer = ["GeneratedTokens"],
            Marks = ["StartTimeOffset_ns"],
        },
        new("azure", "arrival_s or TIMESTAMP, ContextTokens, GeneratedTokens")
        {
            Arrival = [new("arrival_s", Seconds), new("TIMESTAMP", Seconds)],
            Prompt = ["ContextTokens"],
            Answer = ["GeneratedTokens"],
        },
        new("qwen-bailian", "JSONL: chat_id, timestamp (s), input_length, output_length, hash_ids of 16 tokens")
        {
            Arrival = [new("arrival_s", Seconds), new("timestamp", Seconds)],
            Prompt = ["input_length"],
            Answer = ["output_length"],
            Blocks = ["hash_ids"],
            Marks = ["chat_id"],
            TokensPerName = 16,
        },
        new("mooncake", "CSV or JSONL: arrival_s or timestamp (ms), input_length, output_length, hash_ids of 512 tokens")
        {
            Arrival = [new("arrival_s", Seconds), new("timestamp", Milliseconds)],
            Prompt = ["input_length"],
            Answer = ["output_length"],
            Blocks = ["hash_ids"],
            Marks = ["hash_ids"],
            TokensPerName = 512,
        },
        new("burstgpt", "Timestamp (s), Request tokens, Response tokens; failures (0 response tokens) are left out and "
            + "counted")
        {
            Arrival = [new("Timestamp", Seconds)],
            Prompt = ["Request tokens"],
            Answer = ["Response tokens"],
            HasFailures = true,
        },
        new("vidur", "arrived_at (s), num_prefill_tokens, num_decode_tokens")
        {
            Arrival = [new("arrived_at", Seconds)],
            Prompt = ["num_prefill_tokens"],
            Answer = ["num_decode_tokens"],
        },
        new("length-pairs", "num_prefill_tokens, num_decode_tokens; arrivals by a Poisson process")
        {
            Prompt = ["num_prefill_tokens"],
            Answer = ["num_decode_tokens"],
            Placement = Placement.Poisson,
        },
        new("servegen", "a sampled_ file: arrival_s, client_id, input_tokens, output_tokens")
        {
            Arrival = [new("arrival_s", Seconds)],
            Prompt = ["input_tokens"],
            Answer = ["output_tokens"],
            Client = ["client_id"],
            Marks = ["client_id"],
            FileWord = "sampled_",
        },
        new("vtc", "arrival_s, client_id, input_tokens, output_tokens")
        {
            Arrival = [new("arrival_s", Seconds)],
            Prompt = ["input_tokens"],
            Answer = ["output_tokens"],
            Client = ["client_id"],
            Marks = ["client_id"],
        },
        new("prompts", "JSONL: prompt, out (tokens of the answer by model) or model and samples, maybe prompt_tokens; choose whose "
            + "answers with FILE#MODEL; arrivals by a Poisson process")
        {
            Prompt = ["prompt"],
            Answer = ["out", "samples"],
            Placement = Placement.Prompts,
        },
        new("generic", "arrival_s, prompt_tokens, answer_tokens and maybe client, application, hash_ids (512 tokens each, or "
            + "hash_ids_64 for 64); other usual names are known")
        {
            Arrival =
            [
                new("arrival_s", Seconds), new("arrival", Seconds), new("arrived_at", Seconds),
                new("arrival_time_s", Seconds), new("arrival_time", Seconds), new("timestamp_s", Seconds),
                new("timestamp", Seconds), new("time_s", Seconds), new("time", Seconds), new("start_time", Seconds),
                new("arrival_ms", Milliseconds), new("timestamp_ms", Milliseconds), new("time_ms", Milliseconds),
                new("arrival_us", Microseconds), new("timestamp_us", Microseconds),
                new("arrival_ns", Nanoseconds), new("timestamp_ns", Nanoseconds),
            ],
            Prompt =
            [
                "prompt_tokens", "input_tokens", "context_tokens", "request_tokens", "num_prefill_tokens",
                "prompt_length", "input_length", "prompt_len", "input_len", "ContextTokens", "prompt", "input",
            ],
            Answer =
            [
                "answer_tokens", "output_tokens", "generated_tokens", "response_tokens", "completion_tokens",
                "num_decode_tokens", "answer_length", "output_length", "output_len", "GeneratedTokens", "answer",
                "output",
            ],
            Client = ["client", "client_id", "tenant", "tenant_id", "user", "user_id"],
            Application = ["application", "application_id"],
            Blocks = ["hash_ids"],
            TokensPerName = 512,
        },
    ];

    /// <summary>The format of this name, or an error with the nearest name and the list.</summary>
    public static TraceFormat Named(string name)
    {
        string plain = name.Trim().Replace(' ', '-').Replace('_', '-');
        return All.FirstOrDefault(f => f.Name.Equals(plain, StringComparison.OrdinalIgnoreCase))
            ?? throw new UnknownNameException("trace format", name, [.. All.Select(f => f.Name)]);
    }

    /// <summary>The format a file with these columns has; null when none claims them.</summary>
    internal static TraceFormat? Of(IReadOnlyCollection<string> columns, string file) =>
        All.FirstOrDefault(f => f.Claims(columns, file));
}
