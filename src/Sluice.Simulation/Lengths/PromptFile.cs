using System.Text.Json;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Lengths;

/// <summary>Reads files of prompts and answer lengths: one JSON object a line, packed with gzip or not.</summary>
/// <remarks>
/// A line has `prompt`, maybe `id` and `prompt_tokens`, and either `out`, an object from model to tokens of its answer, or `model` and
/// `samples`, a list of [answer tokens, thinking tokens, the server's own count of both or null]. Lines of the second kind that share
/// a prompt are one prompt; those whose `thinking` is `unreported` are left out, because their length is only a part.
/// </remarks>
public static class PromptFile
{
    private static readonly string[] Endings = [".gz", ".jsonl", "_dev"];

    /// <summary>The prompts of a file.</summary>
    /// <exception cref="TraceFormatException">It is not such a file; says which line misses what.</exception>
    public static PromptSet Read(string path) => Read(path, skipBadLines: false).Set;

    /// <summary>The prompts of a file, and how many bad lines were left out.</summary>
    internal static (PromptSet Set, long Skipped) Read(string path, bool skipBadLines)
    {
        ArgumentNullException.ThrowIfNull(path);
        using TraceLines lines = new(path, "prompt file");
        Dictionary<string, Entry> entries = [];
        List<Entry> order = [];
        int empty = 0;
        long skipped = 0;
        while (lines.Next())
        {
            try
            {
                ReadLine(path, lines, entries, order, ref empty);
            }
            catch (TraceFormatException) when (skipBadLines)
            {
                skipped++;
            }
        }

        if (order.All(entry => entry.Answers.Count == 0))
        {
            throw new TraceFormatException(
                path, null, "at least one prompt with an answer", order.Count == 0 ? "" : "empty answers only",
                "Give a file with a prompt and the tokens of its answer on every line.");
        }

        string name = Path.GetFileName(path);
        foreach (string ending in Endings)
        {
            name = name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : name;
        }

        PromptSet set = new(
            name,
            [.. order.Select(entry => new AnsweredPrompt(
                entry.Id, entry.Text, entry.Tokens, entry.Answers.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray())))],
            empty);
        return (set, skipped);
    }

    private static void ReadLine(
        string path, TraceLines lines, Dictionary<string, Entry> entries, List<Entry> order, ref int empty)
    {
        if (lines.IsTooLong)
        {
            throw new TraceFormatException(
                path, lines.Number, "a line of up to 16 MiB", "a longer one", "Shorten the prompt or leave it out.");
        }

        if (lines.Current.IndexOfAnyExcept((byte)' ', (byte)'\t') >= 0)
        {
            new PromptLine(path, lines.Number).Read(lines.Current, entries, order, ref empty);
        }
    }

    /// <summary>A prompt while the file is read.</summary>
    private sealed record Entry(string Id, string Text, int? Tokens, Dictionary<string, List<double>> Answers);

    /// <summary>One line, and what is wrong with it.</summary>
    private sealed class PromptLine(string path, long number)
    {
        public void Read(ReadOnlySpan<byte> line, Dictionary<string, Entry> entries, List<Entry> order, ref int empty)
        {
            try
            {
                Utf8JsonReader reader = new(line);
                using JsonDocument document = JsonDocument.ParseValue(ref reader);
                JsonElement root = document.RootElement;
                if (root.ValueKind != JsonValueKind.Object)
                {
                    throw Wrong("a JSON object", root.GetRawText());
                }

                string text = Text(root, "prompt");
                string id = root.TryGetProperty("id", out JsonElement named) ? named.ToString() : $"line {number}";
                int? tokens = root.TryGetProperty("prompt_tokens", out JsonElement counted) ? (int)Tokens(counted, "prompt_tokens") : null;
                if (root.TryGetProperty("out", out JsonElement answers))
                {
                    Entry entry = new(id, text, tokens, []);
                    ReadModels(answers, entry, ref empty);
                    order.Add(entry);
                }
                else
                {
                    ReadSamples(root, EntryOf(id, text, tokens, entries, order), ref empty);
                }
            }
            catch (JsonException error)
            {
                throw Wrong("a JSON object", error.Message);
            }
        }

        private static Entry EntryOf(string id, string text, int? tokens, Dictionary<string, Entry> entries, List<Entry> order)
        {
            if (!entries.TryGetValue(text, out Entry? entry))
            {
                entry = new Entry(id, text, tokens, []);
                entries.Add(text, entry);
                order.Add(entry);
            }

            return entry;
        }

        private void ReadModels(JsonElement answers, Entry entry, ref int empty)
        {
            if (answers.ValueKind != JsonValueKind.Object)
            {
                throw Wrong("`out` as an object from model to tokens", answers.GetRawText());
            }

            foreach (JsonProperty answer in answers.EnumerateObject())
            {
                Add(entry, answer.Name, Tokens(answer.Value, $"out.{answer.Name}"), ref empty);
            }
        }

        private void ReadSamples(JsonElement root, Entry entry, ref int empty)
        {
            if (!root.TryGetProperty("samples", out JsonElement samples) || samples.ValueKind != JsonValueKind.Array)
            {
                throw Wrong("`out`, or `model` and `samples`", root.GetRawText());
            }

            string model = Text(root, "model");
            if (root.TryGetProperty("thinking", out JsonElement thinking) && thinking.ToString() == "unreported")
            {
                return;
            }

            foreach (JsonElement sample in samples.EnumerateArray())
            {
                if (sample.ValueKind != JsonValueKind.Array || sample.GetArrayLength() != 3)
                {
                    throw Wrong("samples as [answer tokens, thinking tokens, total or null]", sample.GetRawText());
                }

                double tokens = sample[2].ValueKind == JsonValueKind.Null
                    ? Tokens(sample[0], "samples") + Tokens(sample[1], "samples")
                    : Tokens(sample[2], "samples");
                Add(entry, model, tokens, ref empty);
            }
        }

        private static void Add(Entry entry, string model, double tokens, ref int empty)
        {
            if (tokens == 0)
            {
                empty++;
                return;
            }

            if (!entry.Answers.TryGetValue(model, out List<double>? answers))
            {
                entry.Answers.Add(model, answers = []);
            }

            answers.Add(tokens);
        }

        private string Text(JsonElement root, string name) =>
            root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw Wrong($"`{name}` as text", root.GetRawText());

        private double Tokens(JsonElement value, string name) =>
            value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int tokens) && tokens >= 0
                ? tokens
                : throw Wrong($"`{name}` as a number of tokens, 0 or more", value.GetRawText());

        private TraceFormatException Wrong(string expected, string found) =>
            new(path, number, expected, found, "Mend the line or leave it out.");
    }
}
