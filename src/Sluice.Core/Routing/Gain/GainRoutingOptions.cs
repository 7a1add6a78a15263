namespace Sluice.Core.Routing;

/// <summary>What <see cref="GainRouting"/> depends on.</summary>
public sealed record GainRoutingOptions
{
    /// <summary>Whether requests wait at the router while every instance is full. Default yes.</summary>
    public bool Hold { get; init; } = true;

    /// <summary>
    /// Prompts an instance may have in line before it counts as full, in steps as long as the strictest TPOT there. Default 1:
    /// what the next step can take, and the rest is decided later, when more is known.
    /// </summary>
    public double Ahead { get; init; } = 1;

    /// <summary>The part of the strictest TPOT that the decodes of one instance may fill. Default 0.9.</summary>
    public double StepShare { get; init; } = 0.9;

    /// <summary>The part of the time to a first token's deadline that is counted on; the rest is slack for what follows. Default 0.7.</summary>
    public double Margin { get; init; } = 0.7;

    /// <summary>Free blocks kept for answers to grow into, in mean answers for each that is written. Default 0.1.</summary>
    public double Reserve { get; init; } = 0.1;

    /// <summary>Time over which the fleet's throughput is remembered. Default 16 s.</summary>
    public TimeSpan Memory { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>Returns these options, or says which one to change.</summary>
    public GainRoutingOptions Checked()
    {
        if (!(Ahead > 0) || double.IsInfinity(Ahead))
        {
            throw new ArgumentException($"GainRoutingOptions.Ahead is {Ahead}. Give it a number of steps above 0.");
        }

        if (!(Reserve >= 0) || double.IsInfinity(Reserve))
        {
            throw new ArgumentException($"GainRoutingOptions.Reserve is {Reserve}. Give it a number of answers, 0 or larger.");
        }

        if (Memory <= TimeSpan.Zero)
        {
            throw new ArgumentException($"GainRoutingOptions.Memory is {Memory}. Give it a time above 0.");
        }

        foreach (var (value, name) in new[] { (StepShare, nameof(StepShare)), (Margin, nameof(Margin)) })
        {
            if (!(value is > 0 and <= 1))
            {
                throw new ArgumentException($"GainRoutingOptions.{name} is {value}. Give it a number above 0, at most 1.");
            }
        }

        return this;
    }
}
