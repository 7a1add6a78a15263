using System.Runtime.InteropServices;

namespace Sluice.Core.Latency;

/// <summary>What a step holds, as sums: all that its duration can depend on.</summary>
/// <remarks>A slice that computes one token behind known ones counts as a decode, any other as a prefill.</remarks>
[StructLayout(LayoutKind.Auto)]
public record struct StepShape
{
    /// <summary>Sequences that compute more than one token.</summary>
    public int Prefills { get; set; }

    /// <summary>Their new tokens, Σ q.</summary>
    public long PrefillTokens { get; set; }

    /// <summary>Σ q².</summary>
    public long PrefillSquares { get; set; }

    /// <summary>Σ q · kv, kv being the tokens cached before the chunk.</summary>
    public long PrefillCross { get; set; }

    /// <summary>Σ kv.</summary>
    public long PrefillContext { get; set; }

    /// <summary>Sequences that compute one token.</summary>
    public int Decodes { get; set; }

    /// <summary>Tokens cached before it, summed over the decodes.</summary>
    public long DecodeContext { get; set; }

    /// <summary>Sequences whose next token comes out of this step: they pass the output layer and the sampler.</summary>
    public int Samples { get; set; }

    /// <summary>New tokens in the step.</summary>
    public readonly long Tokens => PrefillTokens + Decodes;

    /// <summary>Counts a slice in.</summary>
    public void Add(int tokens, int context, bool samples)
    {
        Samples += samples ? 1 : 0;
        if (tokens == 1)
        {
            Decodes++;
            DecodeContext += context;
            return;
        }

        Prefills++;
        PrefillTokens += tokens;
        PrefillSquares += (long)tokens * tokens;
        PrefillCross += (long)tokens * context;
        PrefillContext += context;
    }

    /// <summary>Takes a slice out again.</summary>
    public void Remove(int tokens, int context, bool samples)
    {
        Samples -= samples ? 1 : 0;
        if (tokens == 1)
        {
            Decodes--;
            DecodeContext -= context;
            return;
        }

        Prefills--;
        PrefillTokens -= tokens;
        PrefillSquares -= (long)tokens * tokens;
        PrefillCross -= (long)tokens * context;
        PrefillContext -= context;
    }
}
