using System.Text;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>One sequence, one token at a time, always the likeliest.</summary>
internal static unsafe class Greedy
{
    public static string Continue(LlamaContext context, ReadOnlySpan<int> prompt, int tokens)
    {
        LlamaVocabulary vocabulary = context.Model.Vocabulary;
        List<byte> text = [];
        foreach (int token in Tokens(context, prompt, tokens))
        {
            text.AddRange(vocabulary.Piece(token));
        }

        return Encoding.UTF8.GetString([.. text]);
    }

    /// <summary>Prefills the prompt in one batch, then decodes.</summary>
    public static List<int> Tokens(LlamaContext context, ReadOnlySpan<int> prompt, int count)
    {
        List<int> answer = [];
        int position = 0;
        int[] input = prompt.ToArray();
        while (answer.Count < count)
        {
            int next = Step(context, input, position);
            position += input.Length;
            input = [next];
            answer.Add(next);
        }

        return answer;
    }

    private static int Step(LlamaContext context, int[] input, int position)
    {
        int[] positions = [.. Enumerable.Range(position, input.Length)];
        int[] counts = [.. Enumerable.Repeat(1, input.Length)];
        int sequence = 0;
        sbyte[] wanted = new sbyte[input.Length];
        wanted[^1] = 1;
        nint[] sequences = [.. Enumerable.Repeat((nint)(&sequence), input.Length)];
        fixed (int* token = input, pos = positions, n = counts)
        fixed (nint* ids = sequences)
        fixed (sbyte* logits = wanted)
        {
            llama_batch batch = new()
            {
                n_tokens = input.Length, token = token, pos = pos, n_seq_id = n, seq_id = (int**)ids, logits = logits,
            };
            Assert.Equal(0, LlamaNative.llama_decode(context.Pointer, batch));
        }

        ReadOnlySpan<float> row = new(LlamaNative.llama_get_logits_ith(context.Pointer, input.Length - 1), context.Model.Vocabulary.Count);
        int best = 0;
        for (int i = 1; i < row.Length; i++)
        {
            best = row[i] > row[best] ? i : best;
        }

        return best;
    }
}
