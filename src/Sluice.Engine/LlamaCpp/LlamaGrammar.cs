using System.Buffers;

namespace Sluice.Engine.LlamaCpp;

/// <summary>A GBNF grammar and how far one answer has come in it. One thread at a time.</summary>
/// <remarks>
/// The library's parser and matcher call themselves once for each level of nesting, and a token that is not allowed ends the process:
/// so size and nesting are bounded here, and <see cref="Accept"/> asks before it passes a token on.
/// </remarks>
public sealed unsafe class LlamaGrammar : IDisposable
{
    /// <summary>Longest grammar, in characters.</summary>
    public const int LongestText = 65536;

    /// <summary>Most brackets within one another.</summary>
    public const int DeepestNesting = 64;

    private readonly LlamaModel model;
    private readonly LlamaSamplerHandle sampler;

    private LlamaGrammar(LlamaModel model, LlamaSamplerHandle sampler)
    {
        this.model = model;
        this.sampler = sampler;
        sampler.Keep(model.Handle);
    }

    /// <summary>Reads a grammar whose first rule is <c>root</c>.</summary>
    /// <exception cref="GenerationRefusedException">It is none: what is wrong.</exception>
    public static LlamaGrammar Parse(LlamaModel model, string text)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(text);
        Require(text.Length <= LongestText, $"`grammar` has {text.Length} characters. Give at most {LongestText}.");
        Require(!text.Contains('\0', StringComparison.Ordinal), "`grammar` contains a NUL character. Take it out.");
        Require(Nesting(text) <= DeepestNesting, $"`grammar` nests brackets more than {DeepestNesting} deep. Name the inner parts as rules.");
        LlamaSamplerHandle sampler = LlamaNative.llama_sampler_init_grammar(model.Vocabulary.Pointer, text, "root");
        if (sampler.IsInvalid)
        {
            throw new GenerationRefusedException(
                Refusal.Invalid, "grammar", "`grammar` is no GBNF grammar with a rule `root` that llama.cpp can read. Mend it, or leave it out.");
        }

        return new LlamaGrammar(model, sampler);
    }

    /// <summary>Another answer that has come as far.</summary>
    public LlamaGrammar Clone() => new(model, LlamaNative.llama_sampler_clone(sampler));

    /// <summary>Back to the beginning.</summary>
    public void Reset() => LlamaNative.llama_sampler_reset(sampler);

    /// <summary>Whether the answer may go on with this token.</summary>
    public bool Allows(int token)
    {
        llama_token_data one = new() { id = token };
        llama_token_data_array all = new() { data = &one, size = 1, selected = -1 };
        LlamaNative.llama_sampler_apply(sampler, &all);
        return !float.IsNegativeInfinity(one.logit);
    }

    /// <summary>Sets the logits of all tokens that the answer may not go on with to −∞.</summary>
    /// <param name="logits">One for each token of the vocabulary.</param>
    public void Mask(Span<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, model.Vocabulary.Count, nameof(logits));
        llama_token_data[] rented = ArrayPool<llama_token_data>.Shared.Rent(logits.Length);
        try
        {
            for (int token = 0; token < logits.Length; token++)
            {
                rented[token] = new llama_token_data { id = token, logit = logits[token] };
            }

            fixed (llama_token_data* data = rented)
            {
                llama_token_data_array all = new() { data = data, size = (nuint)logits.Length, selected = -1 };
                LlamaNative.llama_sampler_apply(sampler, &all);
            }

            for (int token = 0; token < logits.Length; token++)
            {
                logits[rented[token].id] = rented[token].logit;
            }
        }
        finally
        {
            ArrayPool<llama_token_data>.Shared.Return(rented);
        }
    }

    /// <summary>The answer goes on with this token.</summary>
    /// <exception cref="InvalidOperationException">It may not.</exception>
    public void Accept(int token)
    {
        if (!Allows(token))
        {
            throw new InvalidOperationException($"The grammar does not allow token {token} here.");
        }

        LlamaNative.llama_sampler_accept(sampler, token);
    }

    /// <inheritdoc/>
    public void Dispose() => sampler.Dispose();

    /// <summary>Most open brackets at once; those in quotes count too, which errs on the safe side.</summary>
    private static int Nesting(string text)
    {
        int open = 0;
        int most = 0;
        foreach (char letter in text)
        {
            open = letter switch
            {
                '(' => open + 1,
                ')' => Math.Max(0, open - 1),
                _ => open,
            };
            most = Math.Max(most, open);
        }

        return most;
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new GenerationRefusedException(Refusal.Invalid, "grammar", message);
        }
    }
}
