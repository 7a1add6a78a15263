using System.Numerics.Tensors;
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
        return [.. Leads(context, prompt, count, without: []).Select(next => next.Token)];
    }

    /// <summary>The same, with how far the score of each token leads the next one's; some tokens left out.</summary>
    public static List<(int Token, float Lead)> Leads(LlamaContext context, ReadOnlySpan<int> prompt, int count, int[] without)
    {
        List<(int Token, float Lead)> answer = [];
        int position = 0;
        int[] input = prompt.ToArray();
        while (answer.Count < count)
        {
            (int Token, float Lead) next = Step(context, input, position, without);
            position += input.Length;
            input = [next.Token];
            answer.Add(next);
        }

        return answer;
    }

    private static (int Token, float Lead) Step(LlamaContext context, int[] input, int position, int[] without)
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
                n_tokens = input.Length,
                token = token,
                pos = pos,
                n_seq_id = n,
                seq_id = (int**)ids,
                logits = logits,
            };
            Assert.Equal(0, LlamaNative.llama_decode(context.Pointer, batch));
        }

        Span<float> row = new(LlamaNative.llama_get_logits_ith(context.Pointer, input.Length - 1), context.Model.Vocabulary.Count);
        foreach (int token in without)
        {
            row[token] = float.NegativeInfinity;
        }

        int best = row.IndexOf(TensorPrimitives.Max<float>(row));
        float score = row[best];
        row[best] = float.NegativeInfinity;
        return (best, score - TensorPrimitives.Max<float>(row));
    }
}
