namespace Sluice.Core.Batching.SlideBatching;

/// <summary>In what order SlideBatching looks at the queue.</summary>
public enum SlideOrder
{
    /// <summary>Urgent by density, then normal by deadline, with the boundary sliding with load.</summary>
    Slide,

    /// <summary>By deadline alone (ablation).</summary>
    Deadline,

    /// <summary>By density alone, decodes first (ablation).</summary>
    Density,
}

/// <summary>When KV is copied to the host.</summary>
public enum OffloadMode
{
    /// <summary>Never: a preempted sequence computes again (ablation).</summary>
    None,

    /// <summary>When a sequence loses its blocks; they come free when the copy is done (ablation).</summary>
    Release,

    /// <summary>While the sequence runs, so that a preemption finds the copy complete.</summary>
    Running,
}

/// <summary>The switches of SlideBatching, with the published values as defaults (proserve.md (a), (c.3), (d)).</summary>
public sealed record ProServeOptions
{
    /// <summary>λ: a request is urgent when what is left to its deadline is below λ · Φ. Default 1.</summary>
    public double Aggressiveness { get; init; } = 1;

    /// <summary>Whether starved prefills go before other urgent prefills. Default true.</summary>
    public bool Starvation { get; init; } = true;

    /// <summary>A request is starved when it is overdue by more than this many SLOs. Default 1.</summary>
    public double StarvationThreshold { get; init; } = 1;

    /// <summary>The budget's floor as a share of the strictest TPOT. Default 0.65.</summary>
    public double Floor { get; init; } = 0.65;

    /// <summary>A chunk of at most this many tokens that does not finish its prompt is not worth it. Default 50.</summary>
    public int MinimumChunk { get; init; } = 50;

    /// <summary>Most tokens in a step. Default 10240.</summary>
    public int Tokens { get; init; } = 10240;

    /// <summary>Most sequences in a step. Default 1024.</summary>
    public int Sequences { get; init; } = 1024;

    /// <summary>From where deadlines of later tokens count. Default the actual first token.</summary>
    public DeadlineAnchor Anchor { get; init; } = DeadlineAnchor.Actual;

    /// <summary>
    /// Whether a preempted decode keeps the deadline of its next token instead of falling back to that of its first, which
    /// makes it overdue at once. Default false, as published.
    /// </summary>
    public bool PreemptedKeepDeadline { get; init; }

    /// <summary>The order. Default sliding.</summary>
    public SlideOrder Order { get; init; } = SlideOrder.Slide;

    /// <summary>Whether a step is limited by time; otherwise by tokens alone (ablation). Default true.</summary>
    public bool TimeBudget { get; init; } = true;

    /// <summary>Whether a request that does not fit into an empty step is given up, as published. Default true.</summary>
    public bool Fail { get; init; } = true;

    /// <summary>When KV is copied to the host. Default while running.</summary>
    public OffloadMode Offload { get; init; } = OffloadMode.Running;

    /// <summary>n_base: full blocks that gather before a running sequence of the highest weight is copied. Default 8.</summary>
    public int OffloadThreshold { get; init; } = 8;

    /// <summary>Whether restoring is limited by the copy budget of (d.4). Default true.</summary>
    public bool CopyBudget { get; init; } = true;

    /// <summary>Whether a victim loses only as many blocks as are needed, from its tail. Default false, as published.</summary>
    public bool PartialEviction { get; init; }

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("lambda", "aggressiveness of the boundary, 0 to infinity (1)"),
        new("starvation", "starved prefills first, on or off (on)"),
        new("starvation-threshold", "overdue by this many SLOs is starved (1)"),
        new("floor", "least budget as a share of the strictest TPOT (0.65)"),
        new("min-chunk", "no unfinished chunk of at most this many tokens (50)"),
        new("tokens", "most tokens in a step (10240)"),
        new("seqs", "most sequences in a step (1024)"),
        new("anchor", "deadlines count from the actual, promised or earlier first token (actual)"),
        new("preempted", "a preempted decode is due as its first or its next token (first)"),
        new("order", "slide, deadline or density (slide)"),
        new("budget", "time budget, on or off (on)"),
        new("fail", "give up what does not fit into an empty step, on or off (on)"),
        new("offload", "copy KV to the host running, release or none (running)"),
        new("offload-threshold", "blocks that gather before a copy, for the highest weight (8)"),
        new("copy-budget", "limit restoring, on or off (on)"),
        new("evict", "victims lose their whole KV or only its tail (whole)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static ProServeOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ProServeOptions
        {
            Aggressiveness = options.Number("lambda", 1, 0, double.PositiveInfinity),
            Starvation = options.Switch("starvation", true),
            StarvationThreshold = options.Number("starvation-threshold", 1, 0, 1e6),
            Floor = options.Number("floor", 0.65, 0, 100),
            MinimumChunk = options.Whole("min-chunk", 50, 0, 1_000_000),
            Tokens = options.Whole("tokens", 10240, 1, 100_000_000),
            Sequences = options.Whole("seqs", 1024, 1, 1_000_000),
            Anchor = options.Choice("anchor", "actual", ["actual", "promised", "earlier"]) switch
            {
                "actual" => DeadlineAnchor.Actual,
                "promised" => DeadlineAnchor.Promised,
                _ => DeadlineAnchor.Earlier,
            },
            PreemptedKeepDeadline = options.Choice("preempted", "first", ["first", "next"]) == "next",
            Order = options.Choice("order", "slide", ["slide", "deadline", "density"]) switch
            {
                "slide" => SlideOrder.Slide,
                "deadline" => SlideOrder.Deadline,
                _ => SlideOrder.Density,
            },
            TimeBudget = options.Switch("budget", true),
            Fail = options.Switch("fail", true),
            Offload = options.Choice("offload", "running", ["running", "release", "none"]) switch
            {
                "running" => OffloadMode.Running,
                "release" => OffloadMode.Release,
                _ => OffloadMode.None,
            },
            OffloadThreshold = options.Whole("offload-threshold", 8, 1, 1_000_000),
            CopyBudget = options.Switch("copy-budget", true),
            PartialEviction = options.Choice("evict", "whole", ["whole", "tail"]) == "tail",
        };
    }
}
