using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>FastServe: skip-join multi-level feedback queue. Whoever has been served for long goes down; nothing is predicted but the prefill.</summary>
/// <remarks>
/// <para>Queue q grants 10 ms · 2^q of service. A request joins the first whose grant covers its predicted prefill, at the back; once its grant is
/// used up it goes to the front of the next with a new one. Every 1,000 steps those that were not run for 3 s go to the front of the
/// first. KV that is lost goes to the host. Source: FastServe (arXiv 2305.05920), length-prediction.md (9).</para>
/// <para>Good for short answers where nothing can be predicted. Every long answer stands in the way of every short one once a queue, and
/// KV is copied to and fro.</para>
/// </remarks>
/// <param name="quantum">The grant of the first queue. Default 10 ms.</param>
/// <param name="starvation">Time without a step after which a request goes to the first queue. Default 3 s.</param>
internal sealed class SkipJoinQueues(TimeSpan quantum, TimeSpan starvation)
    : LeveledOrder<SkipJoinQueues.Job>(SkipJoinQueues.Queues, swaps: true)
{
    /// <summary>How many queues: the last grants 10 ms · 2¹⁹, an hour and a half.</summary>
    public const int Queues = 20;

    /// <summary>Steps between two looks for those that starve.</summary>
    public const int StepsBetweenLooks = 1000;

    private static readonly TimeSpan UsualQuantum = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan UsualStarvation = TimeSpan.FromSeconds(3);

    private long arrived;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("quantum", "service that the first queue grants; each next grants twice as much (10ms)"),
        new("starve", "time without a step after which a request goes to the first queue (3s)"),
    ];

    /// <summary>Reads its options.</summary>
    public static SkipJoinQueues From(PolicyOptions options) =>
        new(options.Duration("quantum", UsualQuantum), options.Duration("starve", UsualStarvation));

    /// <summary>Never sure: what a step took decides who goes down, and so every step must be seen.</summary>
    public override bool TakesAll(Batch batch, double milliseconds) => false;

    /// <summary>Time in ticks at every thousandth step; in between nobody is lifted.</summary>
    protected override double Clock(Instant now) => Steps % StepsBetweenLooks == 0 ? now.Ticks : double.NegativeInfinity;

    protected override Place Arrive(ref Job state, Sequence sequence, Batch batch, Instant now)
    {
        state.LiftedAt = (now + starvation).Ticks;
        ILatencyModel latency = batch.Latency is CorrectedLatencyModel corrected ? corrected.Uncorrected : batch.Latency;
        double prefill = latency.Constant + latency.Cost(sequence.Tokens, 0);
        int queue = 0;
        while (queue < Queues - 1 && Grant(queue) < prefill)
        {
            queue++;
        }

        return new Place(queue, ++arrived);
    }

    protected override Place Ran(ref Job state, Sequence sequence, Place place, int steps, int tokens, Instant now)
    {
        state.LiftedAt = (now + starvation).Ticks;
        state.Served += SinceLastStep.TotalMilliseconds;
        if (state.Served <= Grant(place.Level) || place.Level == Queues - 1)
        {
            return place;
        }

        state.Served = 0;
        return Front(place.Level + 1);
    }

    protected override double? LiftedAt(in Job state, Place place) => place.Level > 0 ? state.LiftedAt : null;

    protected override Place Lifted(ref Job state, Place place, Instant now)
    {
        state.Served = 0;
        return Front(0);
    }

    private double Grant(int queue) => quantum.TotalMilliseconds * (1 << queue);

    /// <summary>Before all that are in a queue; those that go there in the same step by arrival.</summary>
    private Place Front(int queue) => new(queue, -Steps);

    /// <summary>What is noted of a sequence.</summary>
    internal struct Job
    {
        /// <summary>Service in its queue so far, ms.</summary>
        public double Served;

        /// <summary>When it will have starved, ticks.</summary>
        public long LiftedAt;
    }
}
