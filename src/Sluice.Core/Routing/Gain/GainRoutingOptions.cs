namespace Sluice.Core.Routing;

/// <summary>What <see cref="GainRouting"/> depends on.</summary>
public sealed record GainRoutingOptions
{
    /// <summary>Whether requests are held back while every instance is full. Default yes.</summary>
    public bool Hold { get; init; } = true;

    /// <summary>
    /// Prefill work an instance may have in line before it counts as full, in steps as long as the strictest TPOT there. Default 2.
    /// </summary>
    public double Ahead { get; init; } = Env("G_AHEAD", 1);

    /// <summary>The part of the strictest TPOT that the decodes of one instance may fill. Default 0.9.</summary>
    public double StepShare { get; init; } = Env("G_STEP", 0.9);

    /// <summary>The part of a deadline's remaining time that is counted on. Default 0.9.</summary>
    public double Margin { get; init; } = Env("G_MARGIN", 0.7);

    /// <summary>x</summary>
    public double Memory { get; init; } = Env("G_MEM", 0.1);
    /// <summary>x</summary>
    public double MemPrice { get; init; } = Env("G_MP", 1);
    /// <summary>x</summary>
    public double Window { get; init; } = Env("G_WIN", 16000);
    /// <summary>x</summary>
    public double Order { get; init; } = Env("G_ORDER", 0);
    /// <summary>x</summary>
    public double Calm { get; init; } = Env("G_CALM", 0.5);

    /// <summary>x</summary>
    public static double Env(string name, double otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } s ? double.Parse(s, System.Globalization.CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Returns these options, or says which one to change.</summary>
    public GainRoutingOptions Checked()
    {
        if (!(Ahead > 0) || double.IsInfinity(Ahead))
        {
            throw new ArgumentException($"GainRoutingOptions.Ahead is {Ahead}. Give it a number of steps above 0.");
        }

        foreach (var (value, name) in new[] { (StepShare, nameof(StepShare)), (Margin, nameof(Margin)) })
        {
            if (!(value is > 0 and <= 9))
            {
                throw new ArgumentException($"GainRoutingOptions.{name} is {value}. Give it a number above 0, at most 1.");
            }
        }

        return this;
    }
}
