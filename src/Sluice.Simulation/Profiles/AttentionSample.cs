namespace Sluice.Simulation.Profiles;

/// <summary>One measured launch of one layer's attention kernels.</summary>
/// <param name="Prefills">Prefills in it, all alike.</param>
/// <param name="Tokens">New tokens of each.</param>
/// <param name="Cached">Cached tokens of each.</param>
/// <param name="Decodes">Decodes in it, all alike.</param>
/// <param name="Context">Cached tokens of each.</param>
/// <param name="Milliseconds">What it took.</param>
internal readonly record struct AttentionSample(
    int Prefills, int Tokens, int Cached, int Decodes, int Context, double Milliseconds)
{
    /// <summary>Cached tokens of all decodes.</summary>
    public double AllContext => (double)Decodes * Context;
}

/// <summary>What the tables say about one model on one kind of hardware, by layer; times in ms.</summary>
/// <param name="Dense">Everything but attention, logits and sampling: the whole model by tokens in the step.</param>
/// <param name="Heads">Logits and sampling by sequences in the step.</param>
/// <param name="Attention">One layer's attention.</param>
/// <param name="Sources">The tables used.</param>
/// <param name="Assumptions">What the tables do not tell and was assumed.</param>
internal sealed record Kernels(
    Curve Dense, Curve Heads, IReadOnlyList<AttentionSample> Attention, IReadOnlyList<string> Sources,
    IReadOnlyList<string> Assumptions);
