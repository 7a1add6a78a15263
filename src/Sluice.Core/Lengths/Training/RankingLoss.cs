namespace Sluice.Core.Lengths.Training;

/// <summary>What training minimizes over a small group of prompts.</summary>
public abstract class RankingLoss
{
    /// <summary>Prompts that are judged together: 2 for pairs, 1 for prompts by themselves, more for lists.</summary>
    public abstract int GroupSize { get; }

    /// <summary>Takes what it needs to know of all lengths before training begins: ln(tokens), in any order.</summary>
    public virtual void Prepare(ReadOnlySpan<double> logLengths)
    {
    }

    /// <summary>The loss of a group and its derivative by each score.</summary>
    /// <param name="scores">One a prompt; higher is longer.</param>
    /// <param name="logLengths">ln(tokens) of each.</param>
    /// <param name="slopes">Receives the derivatives.</param>
    public abstract double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes);

    /// <summary>1 ÷ (1 + e⁻ˣ).</summary>
    protected static double Sigmoid(double x) => 1 / (1 + PortableMath.Exp(-x));

    /// <summary>ln(1 + eˣ), without overflow.</summary>
    protected static double SoftPlus(double x) =>
        x > 0 ? x + PortableMath.Log(1 + PortableMath.Exp(-x)) : PortableMath.Log(1 + PortableMath.Exp(x));
}
