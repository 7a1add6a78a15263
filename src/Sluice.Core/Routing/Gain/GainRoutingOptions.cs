namespace Sluice.Core.Routing;

/// <summary>What <see cref="GainRouting"/> depends on.</summary>
public sealed record GainRoutingOptions
{
    /// <summary>Whether requests wait at the router while no instance has room. Default yes.</summary>
    public bool Hold { get; init; } = true;

    /// <summary>
    /// Prompts an instance may have in line before it counts as full, in steps as long as the strictest TPOT there. Default 1:
    /// what the next step can take, and the rest is decided later, when more is known.
    /// </summary>
    public double Ahead { get; init; } = 1;

    /// <summary>The part of the strictest TPOT that the decodes of one instance may fill. Default 0.9.</summary>
    public double StepShare { get; init; } = 0.9;

    /// <summary>The part of the strictest TPOT that the answers of a decode instance may fill if it is to take a prompt. Default 0.4.</summary>
    public double DecoderShare { get; init; } = 0.4;

    /// <summary>The part of the time to a first token's deadline that is counted on; the rest is slack for what follows. Default 0.8.</summary>
    public double Margin { get; init; } = 0.8;

    /// <summary>
    /// Free memory kept for answers to grow into, as a multiple of what they are expected to grow in all before those that end make
    /// up for it. Default 1.
    /// </summary>
    public double Reserve { get; init; } = 1;

    /// <summary>The part of the fleet's service that is put by for the held request that is due first. Default 0.002.</summary>
    public double Share { get; init; } = 0.002;

    /// <summary>Time over which the fleet's throughput is remembered. Default 16 s.</summary>
    public TimeSpan Memory { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("hold", "whether requests wait at the router while no instance has room, on or off (on)"),
        new("ahead", "prompts sent ahead of an instance, in steps of its strictest TPOT (1)"),
        new("step", "the part of the strictest TPOT that decodes may fill (0.9)"),
        new("lend", "the part of the strictest TPOT that answers may fill at a decode instance that takes a prompt (0.4)"),
        new("margin", "the part of the time to a first token's deadline that is counted on (0.8)"),
        new("reserve", "free memory kept for answers, as a multiple of what they are expected to grow (1)"),
        new("share", "the part of the service for the held request that is due first (0.002)"),
        new("memory", "time over which the fleet's throughput is remembered (16s)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static GainRoutingOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var plain = new GainRoutingOptions();
        return new GainRoutingOptions
        {
            Hold = options.Switch("hold", plain.Hold),
            Ahead = options.Number("ahead", plain.Ahead, 0.01, 1000),
            StepShare = options.Number("step", plain.StepShare, 0.01, 1),
            DecoderShare = options.Number("lend", plain.DecoderShare, 0.01, 1),
            Margin = options.Number("margin", plain.Margin, 0.01, 1),
            Reserve = options.Number("reserve", plain.Reserve, 0, 1000),
            Share = options.Number("share", plain.Share, 0, 0.5),
            Memory = options.Duration("memory", plain.Memory),
        }.Checked();
    }

    /// <summary>Returns these options, or says which one to change.</summary>
    public GainRoutingOptions Checked()
    {
        if (!(Ahead > 0) || double.IsInfinity(Ahead))
        {
            throw new ArgumentException($"GainRoutingOptions.Ahead is {Ahead}. Give it a number of steps above 0.");
        }

        if (!(Reserve >= 0) || double.IsInfinity(Reserve))
        {
            throw new ArgumentException($"GainRoutingOptions.Reserve is {Reserve}. Give it a multiple of what answers grow, 0 or larger.");
        }

        if (!(Share is >= 0 and <= 0.5))
        {
            throw new ArgumentException($"GainRoutingOptions.Share is {Share}. Give it a part of the service, from 0 to 0.5.");
        }

        if (Memory <= TimeSpan.Zero)
        {
            throw new ArgumentException($"GainRoutingOptions.Memory is {Memory}. Give it a time above 0.");
        }

        foreach (var (value, name) in new[] { (StepShare, nameof(StepShare)), (DecoderShare, nameof(DecoderShare)), (Margin, nameof(Margin)) })
        {
            if (!(value is > 0 and <= 1))
            {
                throw new ArgumentException($"GainRoutingOptions.{name} is {value}. Give it a number above 0, at most 1.");
            }
        }

        return this;
    }
}
