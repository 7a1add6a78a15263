using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Appraises prefills: the gain of the whole expected answer against the time of the instance that it takes.</summary>
/// <remarks>
/// <para>Gain: the first token if it can still be on time, and each later token that is. An answer that starts late by δ catches
/// up TPOT − pace a step, so its first δ/(TPOT − pace) tokens are lost; with lengths of mean E that leaves
/// E·exp(−δ/(TPOT − pace)/E) of them.</para>
/// <para>Time: what is missing of the prompt, E steps of decoding, and the memory: a sequence that holds a hundredth of the
/// blocks for a second takes ten milliseconds of the instance, times the memory price.</para>
/// </remarks>
internal sealed class Appraiser(AnswerLengths lengths)
{
    private const double FastestPace = 0.9;

    /// <summary>How long a step takes of late, ms.</summary>
    public double Pace { get; set; }

    /// <summary>The mean answer, tokens.</summary>
    public double MeanAnswer => lengths.Mean;

    /// <summary>What a millisecond of the whole memory costs, in milliseconds of computing.</summary>
    public double MemoryPrice { get; set; }

    /// <summary>Appraises a sequence that lacks KV, with this much in reach.</summary>
    public Appraisal Appraise(Sequence sequence, Reach reach, Batch batch, Instant now)
    {
        ILatencyModel latency = batch.Latency;
        KvMemory memory = batch.Memory;
        double cost = latency.Cost(sequence.Tokens, reach.Tokens);
        double left = lengths.Left(sequence);
        double late = latency.Constant + cost - Due.Left(sequence.Request.Deadline(sequence.Generated).Ticks, now);
        double gain = Gain(sequence, left, late);
        int blocks = memory.BlocksFor(sequence.Tokens);
        double held = (blocks + (left / 2 / memory.BlockSize)) / memory.DeviceBlocks * left * Pace;
        double time = cost + (left * latency.Decode(sequence.Tokens + (int)(left / 2))) + (MemoryPrice * held);
        return new Appraisal
        {
            Deadline = (long)Due.Of(sequence),
            Cost = cost,
            Gain = gain,
            Density = gain / time,
            Need = sequence.State != SequenceState.Running && sequence.Generated == 0 ? Presence(sequence) * blocks : 0,
            Owed = sequence.State != SequenceState.Running && sequence.Generated > 0 ? Presence(sequence) * blocks : 0,
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
    public double Presence(Sequence sequence) =>
        Math.Min(1, Pace / (FastestPace * sequence.Request.Class.Slo.NextToken.TotalMilliseconds));

    /// <summary>The gain expected of a running answer whose next token is due in this many ms.</summary>
    public double GainOfDecode(Sequence sequence, double remaining) =>
        Gain(sequence, lengths.Left(sequence), Pace - remaining);
}
