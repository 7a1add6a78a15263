using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>ALISE: queues by predicted execution time; who outlives the prediction goes down a queue, who waits goes up.</summary>
/// <remarks>
/// <para>Execution time is that of the prompt's step and of a step for each predicted token, alone on the machine. Within a queue order is by arrival;
/// those of whom nothing is known stay in the middle queue. KV that is lost is the one whose turn is farthest off, and goes to the host.
/// Source: ALISE (arXiv 2410.23537), length-prediction.md (4).</para>
/// <para>Good against long answers that block short ones, with a coarse prediction. Blind within a queue; when nearly everybody has waited
/// long, the queues empty upwards and it becomes first come first served.</para>
/// </remarks>
/// <param name="first">Execution time up to which a request belongs to the first queue; each next has twice as much. Default 500 ms.</param>
/// <param name="ageing">Time without a step after which a request goes up a queue. Default 30 s.</param>
internal sealed class SpeculativeQueues(TimeSpan first, TimeSpan ageing)
    : LeveledOrder<SpeculativeQueues.Job>(SpeculativeQueues.Queues, swaps: true)
{
    /// <summary>How many queues.</summary>
    public const int Queues = 8;

    private static readonly TimeSpan UsualFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UsualAgeing = TimeSpan.FromSeconds(30);

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("first", "predicted time up to which a request belongs to the first queue (500ms)"),
        new("promote", "time without a step after which a request goes up a queue (30s)"),
    ];

    /// <summary>Reads its options.</summary>
    public static SpeculativeQueues From(PolicyOptions options) =>
        new(options.Duration("first", UsualFirst), options.Duration("promote", UsualAgeing));

    protected override Place Arrive(ref Job state, Sequence sequence, Batch batch, Instant now)
    {
        state.LiftedAt = (now + ageing).Ticks;
        double? predicted = PredictedLength.Left(sequence, 0);
        state.Outlived = predicted ?? double.PositiveInfinity;
        return new Place(predicted is { } tokens ? QueueOf(sequence, tokens, batch.Latency) : Queues / 2, 0);
    }

    protected override Place Ran(ref Job state, Sequence sequence, Place place, int steps, int tokens, Instant now)
    {
        state.LiftedAt = (now + ageing).Ticks;
        int queue = place.Level;
        while (sequence.Generated > state.Outlived)
        {
            state.Outlived *= 2;
            queue = Math.Min(queue + 1, Queues - 1);
        }

        return place with { Level = queue };
    }

    protected override double? LiftedAt(in Job state, Place place) => place.Level > 0 ? state.LiftedAt : null;

    protected override Place Lifted(ref Job state, Place place, Instant now)
    {
        state.LiftedAt = (now + ageing).Ticks;
        return place with { Level = place.Level - 1 };
    }

    private int QueueOf(Sequence sequence, double answer, ILatencyModel latency)
    {
        int prompt = sequence.Request.PromptTokens;
        double perToken = latency.Constant + latency.Decode(prompt + (int)Math.Min(answer / 2, int.MaxValue / 2));
        double time = latency.Constant + latency.Cost(prompt, 0) + (answer * perToken);
        int queue = 0;
        for (double bound = first.TotalMilliseconds; time > bound && queue < Queues - 1; bound *= 2)
        {
            queue++;
        }

        return queue;
    }

    /// <summary>What is noted of a sequence.</summary>
    internal struct Job
    {
        /// <summary>The answer's length beyond which it goes down a queue: the predicted one, then twice as much each time.</summary>
        public double Outlived;

        /// <summary>When it will have waited long enough to go up a queue, ticks.</summary>
        public long LiftedAt;
    }
}
