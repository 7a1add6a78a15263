namespace Sluice.Core.Batching.Slide;

/// <summary>The few choices of `slide`.</summary>
public sealed record SlideOptions
{
    /// <summary>Part of the time that goes to whoever was passed over and came first. Default 0.05.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>What holding all memory for a millisecond costs, in ms of computing. Default 1.</summary>
    public double MemoryPrice { get; init; } = 1;

    /// <summary>floor.</summary>
    public double Floor { get; init; } = 0.65;

    /// <summary>patience.</summary>
    public bool Patience { get; init; } = true;

    /// <summary>Experiments.</summary>
    public double X { get; init; }

    /// <summary>Experiments.</summary>
    public double Y { get; init; }

    /// <summary>Experiments.</summary>
    public double Z { get; init; }

    /// <summary>The options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("share", "part of the time for whoever was passed over and came first (0.05)"),
        new("memory-price", "cost of all memory for a millisecond, ms of computing (1)"),
        new("floor", ""),
        new("patience", ""),
        new("x", ""),
        new("y", ""),
        new("z", ""),
    ];

    /// <summary>Reads the options.</summary>
    public static SlideOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SlideOptions
        {
            Share = options.Number("share", 0.02, 0, 0.5),
            MemoryPrice = options.Number("memory-price", 0, 0, 1000),
            Floor = options.Number("floor", 0.65, 0, 100),
            Patience = options.Switch("patience", true),
            X = options.Number("x", 0, -1e9, 1e9),
            Y = options.Number("y", 0, -1e9, 1e9),
            Z = options.Number("z", 0, -1e9, 1e9),
        };
    }
}
