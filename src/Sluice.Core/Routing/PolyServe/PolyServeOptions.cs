namespace Sluice.Core.Routing;

/// <summary>Which lengths <see cref="PolyServeRouting"/> foresees memory and pace with.</summary>
public enum PolyServeLengths
{
    /// <summary>The mean of the tier's answers, as published.</summary>
    TierMean,

    /// <summary>What is expected of the request, where that is known.</summary>
    Expected,

    /// <summary>What nine of ten such answers do not exceed, where that is known.</summary>
    Ninetieth,
}

/// <summary>What <see cref="PolyServeRouting"/> depends on.</summary>
public sealed record PolyServeOptions
{
    /// <summary>
    /// Times between tokens that have a tier each, ascending; a request goes to the slowest that is fast enough. None: each time
    /// that was promised has one, up to <see cref="Tiers.Most"/>.
    /// </summary>
    public IReadOnlyList<TimeSpan> Bins { get; init; } = [];

    /// <summary>
    /// Whether the time to the first token that is not needed counts as slack for the answer, so that short answers go to slower
    /// tiers. Needs lengths that are foreseen. Default no, as published.
    /// </summary>
    public bool ByPace { get; init; }

    /// <summary>The lengths that memory is foreseen with.</summary>
    public PolyServeLengths Lengths { get; init; }

    /// <summary>The part of TTFT and TPOT that predictions may fill. Default 0.9.</summary>
    public double Margin { get; init; } = 0.9;

    /// <summary>Most tokens of a step in the engine; null where it keeps steps within the TPOT of its tier. Default null.</summary>
    public int? Chunk { get; init; }

    /// <summary>How often tiers are looked at for an instance that is empty. Default 1 s.</summary>
    public TimeSpan Check { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Looks in a row at which it must be empty before it leaves its tier. Default 2.</summary>
    public int EmptyChecks { get; init; } = 2;

    /// <summary>Held requests of a tier that are tried, so that one long prompt does not stop those behind it. Default 8.</summary>
    public int LookAhead { get; init; } = 8;

    /// <summary>The part of the service that is put by for the late request that is due first. Default 0.002.</summary>
    public double Share { get; init; } = 0.002;

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("bins", "times between tokens that have a tier each, as 20ms/50ms/100ms, or auto for each that was promised (auto)"),
        new("tiers", "tpot, or pace: short answers spend what is left of their TTFT and go to slower tiers (tpot)"),
        new("lengths", "what memory is foreseen with: mean of the tier, expected of the request, or its p90 (mean)"),
        new("margin", "the part of TTFT and TPOT that predictions may fill (0.9)"),
        new("chunk", "most tokens of a step in the engine; 0 where it keeps steps within the TPOT (0)"),
        new("check", "how often tiers are looked at for an empty instance (1s)"),
        new("streak", "looks in a row at which it must be empty to leave its tier (2)"),
        new("ahead", "held requests of a tier that are tried (8)"),
        new("share", "the part of the service for the late request that is due first (0.002)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static PolyServeOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int chunk = options.Whole("chunk", 0, 0, 1_000_000);
        return new PolyServeOptions
        {
            Bins = options.Durations("bins", none: "auto"),
            ByPace = options.Choice("tiers", "tpot", ["tpot", "pace"]) == "pace",
            Lengths = options.Choice("lengths", "mean", ["mean", "expected", "p90"]) switch
            {
                "expected" => PolyServeLengths.Expected,
                "p90" => PolyServeLengths.Ninetieth,
                _ => PolyServeLengths.TierMean,
            },
            Margin = options.Number("margin", 0.9, 0.1, 1),
            Chunk = chunk == 0 ? null : chunk,
            Check = options.Duration("check", TimeSpan.FromSeconds(1)),
            EmptyChecks = options.Whole("streak", 2, 1, 1000),
            LookAhead = options.Whole("ahead", 8, 1, 1000),
            Share = options.Number("share", 0.002, 0.0001, 0.5),
        }.Checked();
    }

    /// <summary>Returns these options, or says which one to change.</summary>
    public PolyServeOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(EmptyChecks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LookAhead);
        if (!(Margin is > 0 and <= 1))
        {
            throw new ArgumentException($"PolyServeOptions.Margin is {Margin}. Give it a number above 0, at most 1.");
        }

        if (!(Share is > 0 and <= 0.5))
        {
            throw new ArgumentException($"PolyServeOptions.Share is {Share}. Give it a number above 0, at most 0.5.");
        }

        if (Check <= TimeSpan.Zero || Chunk < 1)
        {
            throw new ArgumentException($"PolyServeOptions checks every {Check} for steps of {Chunk} tokens. Give both more than 0.");
        }

        if (Bins.Count > Tiers.Most || Bins.Any(bin => bin <= TimeSpan.Zero) || Bins.Zip(Bins.Skip(1), (a, b) => a < b).Contains(false))
        {
            throw new ArgumentException(
                $"PolyServeOptions.Bins are {string.Join('/', Bins.Select(bin => $"{bin.TotalMilliseconds}ms"))}. Give at most {Tiers.Most} times above 0, ascending.");
        }

        return this;
    }
}
