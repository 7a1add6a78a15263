using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Engine.Pretending;

/// <summary>What a pretended model is like.</summary>
public sealed record PretendOptions
{
    /// <summary>The model's name, as clients ask for it. Default <c>pretend</c>.</summary>
    public string Name { get; init; } = "pretend";

    /// <summary>How long steps are believed to take.</summary>
    public required ILatencyModel Latency { get; init; }

    /// <summary>How long they really take, ms; null takes what is believed.</summary>
    public Func<StepShape, double>? StepMilliseconds { get; init; }

    /// <summary>The KV it pretends to have.</summary>
    public required KvOptions Kv { get; init; }

    /// <summary>The most one step may hold.</summary>
    public BatchLimits Limits { get; init; } = new();

    /// <summary>How long blocks take between device and host. Default 0.01 ms a block, 0.05 ms a copy.</summary>
    public CopyModel Copy { get; init; } = new(PerBlock: 0.01, PerCopy: 0.05);

    /// <summary>Most tokens of a prompt and its answer together. Default 131072, or the whole KV pool if that is less.</summary>
    public int ContextTokens { get; init; } = 131_072;

    /// <summary>How many times faster than the profile it is. Default 1.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Median tokens of an answer that no limit cuts. Default 150.</summary>
    public double MedianAnswer { get; init; } = 150;

    /// <summary>Returns these options, or says which one to change.</summary>
    public PretendOptions Checked()
    {
        Kv.Checked();
        Limits.Checked();
        if (!(Speed > 0) || double.IsInfinity(Speed))
        {
            throw new ArgumentException($"A speed of {Speed} cannot be. Choose a number above 0.");
        }

        if (!(MedianAnswer is >= 1 and <= 1e6))
        {
            throw new ArgumentException($"A median answer of {MedianAnswer} tokens cannot be. Choose 1 to 1000000.");
        }

        if (ContextTokens < 2)
        {
            throw new ArgumentException($"A context of {ContextTokens} tokens cannot be. Choose 2 or more.");
        }

        return this;
    }
}
