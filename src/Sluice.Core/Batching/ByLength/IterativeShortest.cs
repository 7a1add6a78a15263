using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>ELIS: picks who has least left, runs it for 50 tokens, predicts anew what is left, and picks again.</summary>
/// <remarks>
/// <para>Within its window nobody displaces a sequence. At the edge the next begins, unless less is left of one that waits: then it stands behind
/// that one, keeps its KV while there is room, and is computed again where there is none. Source: ELIS (arXiv 2505.09142), length-prediction.md (3).</para>
/// <para>Good where estimates sharpen while the answer grows. It has no rule against starvation, and a short prompt may wait for a window.</para>
/// </remarks>
/// <param name="window">Tokens of a window. Default 50.</param>
internal sealed class IterativeShortest(int window = 50) : LeveledOrder<IterativeShortest.Window>(levels: 2, swaps: false)
{
    private const int Within = 0;
    private const int AtEdge = 1;

    private readonly MiddleLength middle = new();

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } = [new("window", "tokens between two predictions (50)")];

    /// <summary>Reads its options.</summary>
    public static IterativeShortest From(PolicyOptions options) => new(options.Whole("window", 50, 1, 1_000_000));

    protected override Place Arrive(ref Window state, Sequence sequence, Batch batch, Instant now)
    {
        state.Length = middle.Of(PredictedLength.Left(sequence, 0));
        return Edge(state, sequence, sequence.Generated);
    }

    protected override Place Ran(ref Window state, Sequence sequence, Place place, int steps, int tokens, Instant now)
    {
        if (place.Level == AtEdge)
        {
            state.End = sequence.Generated - tokens + window;
        }

        place = place with { Level = Within };
        while (sequence.Generated >= state.End)
        {
            Place edge = Edge(state, sequence, state.End);
            if (sequence.Generated == state.End && !LeadsWaiting(sequence, edge))
            {
                return edge;
            }

            // Nobody wanted its place there.
            place = edge with { Level = Within };
            state.End += window;
        }

        return place;
    }

    protected override Place GaveWay(ref Window state, Sequence sequence, Place place) => Edge(state, sequence, sequence.Generated);

    private static Place Edge(in Window state, Sequence sequence, int age) =>
        new(AtEdge, PredictedLength.Left(sequence, age) ?? Math.Max(state.Length - age, 1));

    /// <summary>What is noted of a sequence.</summary>
    internal struct Window
    {
        /// <summary>The answer's length as predicted, or the middle, tokens.</summary>
        public double Length;

        /// <summary>Tokens of the answer at which the window ends.</summary>
        public int End;
    }
}
