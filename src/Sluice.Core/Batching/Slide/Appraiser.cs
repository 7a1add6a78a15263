using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Appraises prefills: the gain of the whole expected answer against the time it takes.</summary>
/// <remarks>
/// <para>Gain: the first token if it can still be on time, and each later token that is. An answer that starts late by δ catches
/// up TPOT − pace a step, so its first δ/(TPOT − pace) tokens are lost; with lengths of mean E that leaves
/// E·exp(−δ/(TPOT − pace)/E) of them. An answer that can still be on time from its first token counts half a mean answer more:
/// callers count whole answers as well as tokens.</para>
/// <para>Time: what is missing of the prompt, and E steps of decoding.</para>
/// </remarks>
internal sealed class Appraiser(AnswerLengths lengths)
{
    private const double FastestPace = 0.9;
    private const double WholeAnswer = 0.5;
    private const double MostAgain = 1.0 / 3;

    /// <summary>How long a step takes of late, ms.</summary>
    public double Pace { get; set; }

    /// <summary>Appraises a sequence that lacks KV, with this much in reach.</summary>
    public Appraisal Appraise(Sequence sequence, Reach reach, Batch batch, Instant now)
    {
        ILatencyModel latency = batch.Latency;
        KvMemory memory = batch.Memory;
        double cost = latency.Cost(sequence.Tokens, reach.Tokens);
        double left = lengths.Left(sequence);
        double late = latency.Constant + cost - Due.Left(sequence.Request.Deadline(sequence.Generated).Ticks, now);
        double gain = Gain(sequence, left, late);
        double whole = late <= 0 ? WholeAnswer * lengths.Mean * sequence.Request.Class.NextTokenGain : 0;
        double time = cost + (left * latency.Decode(sequence.Tokens + (int)(left / 2)));
        bool waits = sequence.State != SequenceState.Running;
        double held = waits ? Presence(sequence, latency) * memory.BlocksFor(sequence.Tokens) : 0;
        return new Appraisal
        {
            Deadline = (long)Due.Of(sequence),
            Cost = cost,
            Gain = gain,
            Density = (gain + whole) / time,
            Need = sequence.Generated == 0 ? held : 0,
            Owed = sequence.Generated > 0 ? held : 0,
        };
    }

    /// <summary>The gain expected of a sequence whose next token comes this much (ms) after its deadline.</summary>
    public double Gain(Sequence sequence, double left, double late)
    {
        ServiceClass its = sequence.Request.Class;
        double first = sequence.Generated == 0 ? its.FirstTokenGain : its.NextTokenGain;
        double later = (left - 1) * its.NextTokenGain;
        if (late <= 0)
        {
            return first + later;
        }

        double tpot = its.Slo.NextToken.TotalMilliseconds;
        double lost = late / (tpot - Math.Min(Pace, FastestPace * tpot));
        return Math.Max(later, its.NextTokenGain) * Math.Exp(-lost / left);
    }

    /// <summary>The part of the time a sequence must hold its blocks to keep its pace.</summary>
    /// <remarks>
    /// An answer that comes faster than promised can be interrupted in between. All the time, though, where computing its KV again
    /// would be more than a third of the work that is left.
    /// </remarks>
    public double Presence(Sequence sequence, ILatencyModel latency)
    {
        double again = latency.Cost(sequence.Tokens, 0);
        double rest = lengths.Left(sequence) * latency.Decode(sequence.Tokens);
        return again > MostAgain * (again + rest)
            ? 1
            : Math.Min(1, Pace / (FastestPace * sequence.Request.Class.Slo.NextToken.TotalMilliseconds));
    }

    /// <summary>The part of its blocks that a running sequence is expected to give back in a step.</summary>
    public double Leaving(Sequence sequence) => 1 / lengths.Left(sequence);

    /// <summary>The gain expected of a running answer whose next token is due in this many ms.</summary>
    public double GainOfDecode(Sequence sequence, double remaining) =>
        Gain(sequence, lengths.Left(sequence), Pace - remaining);
}
