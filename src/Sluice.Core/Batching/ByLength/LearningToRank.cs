using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>LTR: every step takes the shortest predicted answers, waiting or running; who is left idle for long is boosted.</summary>
/// <remarks>
/// <para>The score is that of the arrival and never refined. A sequence that was in none of the last 200 steps goes before all others for the
/// 10 next steps it is in. KV that is lost goes to the host. Source: vllm-ltr (arXiv 2408.15792), length-prediction.md (2.2).</para>
/// <para>Good for mean latency while few are idle for long. The boost counts steps, not cost: under lasting overload nearly everybody is
/// boosted in turn, and answers take turns losing their KV (z.6).</para>
/// </remarks>
/// <param name="idle">Steps without it that give a sequence the boost. Default 200.</param>
/// <param name="boost">Steps with it that the boost lasts. Default 10.</param>
internal sealed class LearningToRank(int idle = 200, int boost = 10) : LeveledOrder<LearningToRank.Turn>(levels: 2, swaps: true)
{
    private const int Boosted = 0;
    private const int Plain = 1;

    private readonly MiddleLength middle = new();

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("idle", "steps without it after which a request is boosted (200)"),
        new("boost", "steps with it that a boost lasts (10)"),
    ];

    /// <summary>Reads its options.</summary>
    public static LearningToRank From(PolicyOptions options) =>
        new(options.Whole("idle", 200, 1, 1_000_000), options.Whole("boost", 10, 1, 1_000_000));

    /// <summary>Idleness is counted in steps.</summary>
    protected override double Clock(Instant now) => Steps;

    protected override Place Arrive(ref Turn state, Sequence sequence, Batch batch, Instant now)
    {
        state.BoostedAt = Steps + idle;
        return new Place(Plain, middle.Of(PredictedLength.Rank(sequence)));
    }

    protected override Place Ran(ref Turn state, Sequence sequence, Place place, int steps, int tokens, Instant now)
    {
        state.BoostedAt = Steps + idle;
        state.Left = Math.Max(state.Left - steps, 0);
        return place with { Level = state.Left > 0 ? Boosted : Plain };
    }

    /// <summary>A whole boost that waits for its turn needs no other.</summary>
    protected override double? LiftedAt(in Turn state, Place place) => state.Left < boost ? state.BoostedAt : null;

    protected override Place Lifted(ref Turn state, Place place, Instant now)
    {
        state.BoostedAt = Steps + idle;
        state.Left = boost;
        return place with { Level = Boosted };
    }

    /// <summary>What is noted of a sequence.</summary>
    internal struct Turn
    {
        /// <summary>The step at which it will have been idle for too long.</summary>
        public long BoostedAt;

        /// <summary>Steps with it that are left of its boost.</summary>
        public int Left;
    }
}
