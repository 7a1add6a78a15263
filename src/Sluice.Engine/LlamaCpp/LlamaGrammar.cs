using System.Buffers;

namespace Sluice.Engine.LlamaCpp;

/// <summary>A GBNF grammar and how far one answer has come in it. One thread at a time.</summary>
/// <remarks>
/// A token that is not allowed ends the process, so <see cref="Accept"/> asks before it passes one on. See <see cref="GrammarLimits"/> for what is
/// not given to the library at all.
/// </remarks>
public sealed unsafe class LlamaGrammar : IDisposable
{
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
        if (GrammarLimits.Refusal(text) is { } refusal)
        {
            throw Refused(refusal);
        }

        LlamaSamplerHandle sampler = LlamaNative.llama_sampler_init_grammar(model.Vocabulary.Pointer, text, "root");
        if (sampler.IsInvalid)
        {
            throw Refused("`grammar` is no GBNF grammar with a rule `root` that llama.cpp can read. Mend it, or leave it out.");
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

    private static GenerationRefusedException Refused(string message) => new(Refusal.Invalid, "grammar", message);
}
