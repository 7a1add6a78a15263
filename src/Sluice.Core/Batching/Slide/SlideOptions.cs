namespace Sluice.Core.Batching.Slide;

/// <summary>The choices of `slide`. The defaults are meant for every model, machine and load.</summary>
public sealed record SlideOptions
{
    /// <summary>
    /// Part of the time that goes to whoever was passed over and came first: nobody starves. Default 0.01.
    /// </summary>
    public double Share { get; init; } = 0.01;

    /// <summary>Least length of a step while answers run, as a share of the strictest TPOT. Default 0.65, SlideBatching's.</summary>
    public double Floor { get; init; } = 0.65;

    /// <summary>
    /// Most length of a step while answers run, as a multiple of the strictest TPOT among them: none of them waits longer, however far ahead
    /// it is. Null, the default, for none.
    /// </summary>
    public double? Gap { get; init; }

    /// <summary>Whether answers that are ahead may wait while prefills are short of time. Default true.</summary>
    public bool Patience { get; init; } = true;

    /// <summary>Whether answers that are far ahead may give their blocks to prefills that would be late. Default true.</summary>
    public bool Interrupt { get; init; } = true;

    /// <summary>Whether running answers are copied to the host while memory is short. Default true.</summary>
    public bool Copy { get; init; } = true;

    /// <summary>Whether what brought too little for its time of late is left out of the plan. Default true.</summary>
    public bool Price { get; init; } = true;

    /// <summary>Whether the plan leaves time for those yet to arrive. Default true.</summary>
    public bool Inflow { get; init; } = true;

    /// <summary>Whether memory is kept for nine tenths of what an estimate says is to come of each answer. Default false.</summary>
    public bool Reserve { get; init; }

    /// <summary>The options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("share", "part of the time for whoever was passed over and came first (0.01)"),
        new("floor", "least step while answers run, as a share of the strictest TPOT (0.65)"),
        new("gap", "most length of a step while answers run, as a multiple of the strictest TPOT (none)"),
        new("patience", "answers that are ahead wait while prefills are short of time: on, off (on)"),
        new("interrupt", "answers that are far ahead give their blocks to prefills that would be late: on, off (on)"),
        new("copy", "running answers are copied to the host while memory is short: on, off (on)"),
        new("price", "no place in the plan for what brings less than what it had to drop of late: on, off (on)"),
        new("inflow", "the plan leaves time for those yet to arrive: on, off (on)"),
        new("reserve", "memory is kept for nine tenths of what an estimate says is to come: on, off (off)"),
    ];

    /// <summary>Reads the options.</summary>
    public static SlideOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SlideOptions
        {
            Share = options.Number("share", 0.01, 0, 0.5),
            Floor = options.Number("floor", 0.65, 0, 100),
            Gap = options.Number("gap", double.PositiveInfinity, 0.1, 100) is <= 100 and double gap ? gap : null,
            Patience = options.Switch("patience", true),
            Interrupt = options.Switch("interrupt", true),
            Copy = options.Switch("copy", true),
            Price = options.Switch("price", true),
            Inflow = options.Switch("inflow", true),
            Reserve = options.Switch("reserve", false),
        };
    }
}
